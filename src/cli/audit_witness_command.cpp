#include "audit/audit_log.h"
#include "audit/witness_memory.h"
#include "base/text.h"
#include "cli/audit_place.h"

namespace cairn::cli {
namespace {

constexpr std::size_t kAnswerBytesMax = 64U * 1024U;

struct RequestCommand {
    std::string location;
    std::string log;
    std::string witness;
    std::optional<std::uint64_t> old_size;
    std::string out;
};

struct SignCommand {
    std::string request;
    std::string log;
    std::string state;
    std::string key;
    std::string out;
};

struct AcceptCommand {
    std::string location;
    std::string request;
    std::string answer;
    std::string witness;
};

Result<audit::VerifierKey> read_one_key(const std::string& named) {
    const auto keys = CAIRN_TRY(read_verifier_keys({named}));
    if (keys.size() == 1) return keys.front();
    return fail(Errc::invalid_argument, "\"{}\" holds {} keys, one wanted", named, keys.size());
}

/// The size of the last checkpoint that the witness is known to have cosigned.
Result<std::uint64_t> last_size(audit::StoredLog& log, const audit::VerifierKey& witness) {
    const auto text = CAIRN_TRY(log.cosigned_by(witness));
    if (!text) return std::uint64_t{0};
    const audit::SignedNote note = CAIRN_TRY(audit::parse_note(*text));
    const audit::Checkpoint checkpoint = CAIRN_TRY(audit::parse_checkpoint(note.text));
    return checkpoint.head.size;
}

Result<Exit> run_request(Context& context, const RequestCommand& command) {
    const audit::VerifierKey witness = CAIRN_TRY(read_one_key(command.witness));
    const auto place = CAIRN_TRY(audit::LogPlace::open(audit_location(context, command.location)));
    const auto log = CAIRN_TRY(audit::find_log(*place, command.log));
    const audit::LatestNotes notes = CAIRN_TRY(log->latest_notes());
    if (!notes.last) return fail(Errc::not_found, "nothing is signed yet");
    std::uint64_t old_size = command.old_size.value_or(0);
    if (!command.old_size) old_size = CAIRN_TRY(last_size(*log, witness));
    const auto request = CAIRN_TRY(audit::make_request(*log, *notes.last, old_size));
    CAIRN_TRY(write_result(context, command.out, audit::format_add_checkpoint(request)));
    return Exit::covered_clean;
}

/// What a witness says to people, beside the answer for the log.
std::string words_for(const audit::RememberedAnswer& remembered) {
    const audit::WitnessAnswer& answer = remembered.answer;
    std::string text;
    switch (answer.status) {
        case 200:
            return "200 OK: the log continues what was cosigned before; it is cosigned now.\n";
        case 409:
            text = remembered.kept_file.empty()
                       ? fmt::format(
                             "409 Conflict: this witness last cosigned {} entries; ask for that "
                             "with --old-size.\n",
                             answer.body.substr(0, answer.body.find('\n'))
                         )
                       : "409 Conflict: the log signed TWO HISTORIES: another root was cosigned at "
                         "this size.\n";
            break;
        case 422:
            text =
                "422 Unprocessable: the proof does not show that the log continues what was "
                "cosigned before. NOT COSIGNED.\n";
            break;
        case 404:
            text = "404 Not Found: " + answer.body;
            break;
        case 403:
            text = "403 Forbidden: " + answer.body;
            break;
        default:
            text = fmt::format("{} Bad Request: {}", answer.status, answer.body);
    }
    if (remembered.kept_file.empty()) return text;
    return text + fmt::format(
                      "Both checkpoints are signed by the log; keep both: {} is beside the one "
                      "cosigned before.\n",
                      printable(remembered.kept_file)
                  );
}

Exit exit_for(const audit::RememberedAnswer& remembered) {
    if (remembered.answer.status == 200) return Exit::covered_clean;
    if (!remembered.kept_file.empty()) return Exit::tampered;
    return remembered.answer.status == 409 ? Exit::not_vouched : Exit::failed;
}

Result<Exit> run_sign(Context& context, const SignCommand& command) {
    const audit::VerifierKey log = CAIRN_TRY(read_one_key(command.log));
    const audit::NamedKey witness = CAIRN_TRY(audit::read_signing_key_file(command.key));
    const std::string request =
        CAIRN_TRY(read_text_file(command.request, audit::kWitnessRequestBytesMax));
    const auto remembered = CAIRN_TRY(
        audit::answer_from_memory(request, {command.state, log}, witness, SystemClock().now())
    );
    if (remembered.answer.status == 200) {
        CAIRN_TRY(write_result(context, command.out, remembered.answer.body));
    }
    context.terminal.error(words_for(remembered));
    return exit_for(remembered);
}

Result<Exit> run_accept(Context& context, const AcceptCommand& command) {
    const audit::VerifierKey witness = CAIRN_TRY(read_one_key(command.witness));
    const std::string request =
        CAIRN_TRY(read_text_file(command.request, audit::kWitnessRequestBytesMax));
    const std::string answer = CAIRN_TRY(read_text_file(command.answer, kAnswerBytesMax));
    const auto accepted =
        CAIRN_TRY(audit::check_answer(request, answer, witness, SystemClock().now()));
    const audit::Checkpoint& checkpoint = accepted.checkpoint;
    const std::string location = audit_location(context, command.location);
    // Only where the log lies already: opening for writing would make it.
    const auto place = CAIRN_TRY(audit::LogPlace::open(location));
    const auto log = CAIRN_TRY(place->log(checkpoint.origin));
    CAIRN_TRY(log->cosigned_by(witness));
    const auto records = CAIRN_TRY(db::Database::open(location, {}));
    CAIRN_TRY(audit::add_cosignature(*records, checkpoint, accepted.cosignature));
    CAIRN_TRY(context.terminal.out(fmt::format(
        "Log {}: {} witnessed by {} at {}.\n",
        printable(checkpoint.origin),
        entries_text(checkpoint.head.size),
        printable(witness.name()),
        format_utc(accepted.time)
    )));
    return Exit::covered_clean;
}

CLI::Option* add_witness_key(CLI::App& command, std::string& witness) {
    return command
        .add_option("--witness", witness, "Public key of the witness, or a file that holds it")
        ->type_name("VKEY")
        ->required();
}

void add_out(CLI::App& command, std::string& out) {
    command.add_option("-o,--out", out, "File to write (default: standard output)")
        ->type_name("FILE");
}

void add_request(CLI::App& witness, Context& context) {
    auto options = std::make_shared<RequestCommand>();
    CLI::App* command = witness.add_subcommand(
        "request", "At the log: write what the witness is to cosign, with the proof it needs"
    );
    add_audit_location(*command, options->location)->required();
    add_witness_key(*command, options->witness);
    add_log_origin(*command, options->log);
    command
        ->add_option(
            "--old-size",
            options->old_size,
            "Entries the witness saw last, when it answered so (default: as recorded here)"
        )
        ->type_name("N");
    add_out(*command, options->out);
    command->footer("Example:\n  cairn audit witness request /cases/17 --witness w1.vkey -o request"
    );
    on_command(context, *command, options, run_request);
}

void add_sign(CLI::App& witness, Context& context) {
    auto options = std::make_shared<SignCommand>();
    CLI::App* command = witness.add_subcommand(
        "sign", "At the witness: check that the log continues what was cosigned before, and cosign"
    );
    command->add_option("request", options->request, "What the log sent")
        ->required()
        ->type_name("REQUEST");
    command->add_option("--log", options->log, "Public key of the log, or a file that holds it")
        ->type_name("VKEY")
        ->required();
    command
        ->add_option("--state", options->state, "What this witness remembers of the log; keep it")
        ->type_name("FILE")
        ->required();
    command->add_option("--key", options->key, "Private key of the witness")
        ->type_name("FILE")
        ->required();
    add_out(*command, options->out);
    command->footer(
        "Exit codes: 0 cosigned (200); 1 the log contradicts itself or proves nothing (409, 422), "
        "both\ncheckpoints are kept; 3 another old size (409); 4 refused (400, 403, 404).\n"
        "Example:\n  cairn audit witness sign request --log log.vkey --state log.seen --key w1.key "
        "-o answer"
    );
    on_command(context, *command, options, run_sign);
}

void add_accept(CLI::App& witness, Context& context) {
    auto options = std::make_shared<AcceptCommand>();
    CLI::App* command =
        witness.add_subcommand("accept", "At the log: put the witness's answer on record");
    add_audit_location(*command, options->location)->required();
    command->add_option("request", options->request, "What was sent to the witness")
        ->required()
        ->type_name("REQUEST");
    command->add_option("answer", options->answer, "What it answered")
        ->required()
        ->type_name("ANSWER");
    add_witness_key(*command, options->witness);
    command->footer(
        "Example:\n  cairn audit witness accept /cases/17 request answer --witness w1.vkey"
    );
    on_command(context, *command, options, run_accept);
}

}  // namespace

void add_audit_witness_commands(CLI::App& audit, Context& context) {
    CLI::App* witness = audit.add_subcommand(
        "witness", "Let another organisation vouch for the log, by files that travel by any means"
    );
    witness->require_subcommand(1);
    witness->footer(
        "The log writes a request, the witness signs it, the log accepts the answer.\n"
        "Example:\n  cairn audit witness request /cases/17 --witness w1.vkey -o request"
    );
    add_request(*witness, context);
    add_sign(*witness, context);
    add_accept(*witness, context);
}

}  // namespace cairn::cli
