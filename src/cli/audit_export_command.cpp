#include <atomic>

#include "audit/entry.h"
#include "audit/log_folder.h"
#include "audit/log_names.h"
#include "audit/signing_key_file.h"
#include "base/text.h"
#include "cli/audit_place.h"
#include "cli/server_talk.h"

namespace cairn::cli {
namespace {

/// How a place that is a server begins.
constexpr std::string_view kServerLocation = "https://";
constexpr const char* kPurpose = "oversight";

struct ExportCommand {
    std::string location;
    std::string folder;
    std::string log;
    bool quiet = false;
};

struct ProveCommand {
    ServerArguments server;
    std::string location;
    std::uint64_t index = 0;
    std::string log;
    std::string out;
};

struct CheckpointCommand {
    ServerArguments server;
    std::string out;
};

struct CheckProofCommand {
    std::string file;
    VerifierKeyNames trusted;
    std::size_t witnesses_min = 0;
};

struct NewKeyCommand {
    std::string name;
    std::string file;
    bool witness = false;
};

struct KeyCommand {
    std::string file;
};

Result<audit::ExportedLog> export_one(
    Context& context, audit::StoredLog& log, const std::string& folder, bool quiet
) {
    std::atomic<std::uint64_t> done = 0;
    std::atomic<std::uint64_t> total = 0;
    const auto text = [&](auto elapsed) {
        return entries_progress_text(done.load(), total.load(), elapsed);
    };
    const ProgressLine line(context.terminal, text, progress_style(context, quiet));
    return audit::export_log(log, folder, [&](std::uint64_t written, std::uint64_t of) {
        total = of;
        done = written;
    });
}

Result<Exit> run_export(Context& context, const ExportCommand& command) {
    const auto place = CAIRN_TRY(audit::LogPlace::open(audit_location(context, command.location)));
    std::vector<std::string> origins = CAIRN_TRY(place->origins());
    if (!command.log.empty()) origins = {command.log};
    for (const std::string& origin : origins) {
        const auto log = CAIRN_TRY(place->log(origin));
        const std::string name = CAIRN_TRY(audit::log_folder_name(origin));
        const std::string folder = absolute_path(context, command.folder) + "/" + name;
        auto exported = export_one(context, *log, folder, command.quiet);
        if (!exported) return std::move(exported).error().with_context(printable(origin));
        const std::uint64_t size = exported->checkpoint.head.size;
        CAIRN_TRY(context.terminal.out(fmt::format(
            "Log {}: {} in {}, {} of them new.\n",
            printable(origin),
            entries_text(size),
            printable(folder),
            grouped(size - exported->entries_before)
        )));
    }
    return Exit::covered_clean;
}

/// The proof as the server gives it, once it is one.
Result<std::string> proof_from_server(const Context& context, const ProveCommand& command) {
    ServerArguments server = command.server;
    server.server = command.location;
    auto connection = CAIRN_TRY(connect(context, server));
    const std::string text =
        CAIRN_TRY(connection.text(fmt::format("/api/v1/audit/acts/{}/proof", command.index)));
    CAIRN_TRY(audit::parse_proof_file(text));
    return text;
}

Result<Exit> run_prove(Context& context, const ProveCommand& command) {
    if (command.location.starts_with(kServerLocation)) {
        const std::string text = CAIRN_TRY(proof_from_server(context, command));
        CAIRN_TRY(write_result(context, command.out, text));
        return Exit::covered_clean;
    }
    const auto place = CAIRN_TRY(audit::LogPlace::open(audit_location(context, command.location)));
    const auto log = CAIRN_TRY(audit::find_log(*place, command.log));
    const audit::ProofFile proof = CAIRN_TRY(audit::prove_entry(*log, command.index));
    const std::string text = CAIRN_TRY(audit::format_proof_file(proof));
    CAIRN_TRY(write_result(context, command.out, text));
    return Exit::covered_clean;
}

Result<Exit> run_checkpoint(Context& context, const CheckpointCommand& command) {
    auto connection = CAIRN_TRY(connect(context, command.server));
    const std::string text = CAIRN_TRY(connection.text("/api/v1/audit/checkpoint"));
    const audit::SignedNote note = CAIRN_TRY(audit::parse_note(text));
    CAIRN_TRY(audit::parse_checkpoint(note.text));
    CAIRN_TRY(write_result(context, command.out, text));
    return Exit::covered_clean;
}

/// The keys that may vouch for what the proof says of its log.
Result<audit::ProofPolicy> policy_for(
    const audit::ProofFile& proof, const CheckProofCommand& command
) {
    const audit::SignedNote note = CAIRN_TRY(audit::parse_note(proof.note));
    const audit::Checkpoint checkpoint = CAIRN_TRY(audit::parse_checkpoint(note.text));
    const auto keys = CAIRN_TRY(read_verifier_keys(command.trusted.keys));
    audit::ProofPolicy policy;
    policy.log_keys = audit::keys_of_log(keys, checkpoint.origin);
    policy.witness_keys = CAIRN_TRY(read_verifier_keys(command.trusted.witnesses));
    policy.witnesses_min = command.witnesses_min;
    policy.now = SystemClock().now();
    if (!policy.log_keys.empty()) return policy;
    return fail(
        Errc::unauthenticated,
        "it is of the log {}, of which no key was given",
        printable(checkpoint.origin)
    );
}

std::string text_of(
    const audit::ProofFile& proof,
    const audit::ProvenEntry& proven,
    const audit::ProofPolicy& policy
) {
    std::string text = fmt::format(
        "Proven: entry {} of log {}, signed with {}.\n",
        proof.index,
        printable(proven.checkpoint.origin),
        entries_text(proven.checkpoint.head.size)
    );
    for (const audit::VerifiedSignature& cosignature : proven.cosignatures) {
        const UtcTime time{std::chrono::seconds(cosignature.time_s)};
        text += fmt::format(
            "Witnessed by {} at {}.\n",
            printable(policy.witness_keys[cosignature.key].name()),
            format_utc(time)
        );
    }
    if (proven.cosignatures.empty()) text += "No witness that you named cosigned it.\n";
    return text + printable(as_text(proof.entry)) + "\n";
}

Result<Exit> run_check_proof(Context& context, const CheckProofCommand& command) {
    const std::string text = CAIRN_TRY(read_text_file(command.file, audit::kProofFileBytesMax));
    const auto refuse = [&](const Error& error) {
        context.terminal.error(fmt::format(
            "{}: {}: {}\n",
            printable(command.file),
            context.terminal.paint(Colour::red, "NOT PROVEN"),
            printable(error.message)
        ));
        return Exit::tampered;
    };
    const auto proof = audit::parse_proof_file(text);
    if (!proof) return refuse(proof.error());
    const auto policy = policy_for(*proof, command);
    if (!policy && policy.error().code == Errc::invalid_argument) return policy.error();
    if (!policy) return refuse(policy.error());
    const auto proven = audit::verify_proof_file(*proof, *policy);
    if (!proven) return refuse(proven.error());
    CAIRN_TRY(context.terminal.out(text_of(*proof, *proven, *policy)));
    return Exit::covered_clean;
}

Result<Exit> run_new_key(Context& context, const NewKeyCommand& command) {
    const auto type =
        command.witness ? audit::SignatureType::cosignature_v1 : audit::SignatureType::ed25519;
    const audit::NamedKey key =
        CAIRN_TRY(audit::create_signing_key_file(command.file, command.name, type));
    CAIRN_TRY(context.terminal.out(key.verifier().text() + "\n"));
    return Exit::covered_clean;
}

Result<Exit> run_key(Context& context, const KeyCommand& command) {
    const audit::NamedKey key = CAIRN_TRY(audit::read_signing_key_file(command.file));
    CAIRN_TRY(context.terminal.out(key.verifier().text() + "\n"));
    return Exit::covered_clean;
}

void add_export(CLI::App& audit, Context& context) {
    auto options = std::make_shared<ExportCommand>();
    CLI::App* command = audit.add_subcommand(
        "export", "Copy logs to a folder that any machine can verify with the public key alone"
    );
    add_audit_location(*command, options->location)->required();
    command->add_option("folder", options->folder, "Folder to write or to bring up to date")
        ->required()
        ->type_name("DIR");
    add_log_origin(*command, options->log);
    command->add_flag("--quiet", options->quiet, "No progress");
    command->footer(
        "A folder for each log, in the layout of C2SP tlog-tiles. Running it again adds what is "
        "new.\nExample:\n  cairn audit export /cases/17 /media/usb/audit"
    );
    on_command(context, *command, options, run_export);
}

void add_proofs(CLI::App& audit, Context& context) {
    auto options = std::make_shared<ProveCommand>();
    CLI::App* prove = audit.add_subcommand(
        "prove", "Write one entry and the proof that it is in the log, as one file"
    );
    add_audit_location(*prove, options->location)
        ->required()
        ->description(
            "Case folder, SQLite file, postgresql://..., exported folder, or https://... of "
            "a server you are signed in to"
        );
    prove->add_option("index", options->index, "Number of the entry, from 0")
        ->required()
        ->type_name("INDEX");
    add_log_origin(*prove, options->log);
    prove->add_option("-o,--out", options->out, "File to write (default: standard output)")
        ->type_name("FILE");
    options->server.ground.purpose = kPurpose;
    prove
        ->add_option(
            "--purpose", options->server.ground.purpose, "What it is done for; a server records it"
        )
        ->type_name("NAME")
        ->capture_default_str();
    prove->footer(
        "Examples:\n"
        "  cairn audit prove /cases/17 3 -o entry3.proof\n"
        "  cairn audit prove https://cairn.example.org:8443 3 -o entry3.proof"
    );
    on_command(context, *prove, options, run_prove);

    auto checking = std::make_shared<CheckProofCommand>();
    CLI::App* check = audit.add_subcommand(
        "check-proof", "Check a file that `audit prove` wrote; needs nothing but the public key"
    );
    check->add_option("file", checking->file, "The proof")->required()->type_name("FILE");
    add_verifier_keys(*check, checking->trusted);
    check->get_option("--key")->required();
    check
        ->add_option(
            "--witnesses",
            checking->witnesses_min,
            "How many of the witnesses named must have cosigned"
        )
        ->type_name("N")
        ->capture_default_str();
    check->footer(
        "Exit codes: 0 proven, 1 not proven, 2 wrong usage, 4 failed.\n"
        "Example:\n  cairn audit check-proof entry3.proof --key log.vkey --witness w1.vkey"
    );
    on_command(context, *check, checking, run_check_proof);
}

void add_checkpoint(CLI::App& audit, Context& context) {
    auto options = std::make_shared<CheckpointCommand>();
    CLI::App* command = audit.add_subcommand(
        "checkpoint", "Get the newest signed checkpoint of your agency's log on a server"
    );
    options->server.ground.purpose = kPurpose;
    command->add_option("--server", options->server.server, "The server; else the usual one")
        ->type_name("ADDRESS");
    command
        ->add_option("--purpose", options->server.ground.purpose, "What it is done for; recorded")
        ->type_name("NAME")
        ->capture_default_str();
    command->add_option("-o,--out", options->out, "File to write (default: standard output)")
        ->type_name("FILE");
    command->footer(
        "Keep it apart: `cairn audit verify --since FILE` later shows that the log still contains\n"
        "what it signed.\n"
        "Example:\n  cairn audit checkpoint -o today.checkpoint"
    );
    on_command(context, *command, options, run_checkpoint);
}

void add_keys(CLI::App& audit, Context& context) {
    auto making = std::make_shared<NewKeyCommand>();
    CLI::App* make = audit.add_subcommand(
        "new-key", "Make a private key of a log or witness, print its public key"
    );
    make->add_option("name", making->name, "Name of the log or witness, such as audit.example.org")
        ->required()
        ->type_name("NAME");
    make->add_option("file", making->file, "File of the private key; must not exist")
        ->required()
        ->type_name("FILE");
    make->add_flag("--witness", making->witness, "For a witness, not for a log");
    make->footer("Example:\n  cairn audit new-key witness.example.org/w1 w1.key --witness");
    on_command(context, *make, making, run_new_key);

    auto showing = std::make_shared<KeyCommand>();
    CLI::App* show = audit.add_subcommand("key", "Print the public key to a private key");
    show->add_option("file", showing->file, "File of the private key")
        ->required()
        ->type_name("FILE");
    show->footer(
        "Give it to those who verify by another way than the log: on paper, by a known person.\n"
        "Example:\n  cairn audit key log.key"
    );
    on_command(context, *show, showing, run_key);
}

}  // namespace

void add_audit_export_commands(CLI::App& audit, Context& context) {
    add_export(audit, context);
    add_proofs(audit, context);
    add_checkpoint(audit, context);
    add_keys(audit, context);
}

}  // namespace cairn::cli
