#include "identity/schema.h"

namespace cairn::identity {
namespace {

// Of what somebody shows to get in, a digest or a sealed form alone is kept. Times are microseconds
// of UTC.
constexpr db::Migration kMigrations[] = {
    {1,
     "CREATE TABLE password ("
     "  user_id BLOB PRIMARY KEY REFERENCES user_account (id) ON DELETE CASCADE,"
     "  hash BLOB NOT NULL"
     ") STRICT, WITHOUT ROWID;"

     // `candidate` becomes `secret` once a code of it was shown.
     "CREATE TABLE totp ("
     "  user_id BLOB PRIMARY KEY REFERENCES user_account (id) ON DELETE CASCADE,"
     "  secret BLOB,"
     "  candidate BLOB,"
     "  last_step INTEGER NOT NULL"
     ") STRICT, WITHOUT ROWID;"
     "CREATE TABLE recovery_code ("
     "  user_id BLOB NOT NULL REFERENCES user_account (id) ON DELETE CASCADE,"
     "  digest BLOB NOT NULL,"
     "  PRIMARY KEY (user_id, digest)"
     ") STRICT, WITHOUT ROWID;"

     "CREATE TABLE lock_out ("
     "  subject BLOB PRIMARY KEY,"
     "  failures INTEGER NOT NULL,"
     "  last_failure INTEGER NOT NULL"
     ") STRICT, WITHOUT ROWID;"
     "CREATE TABLE network_budget ("
     "  network BLOB PRIMARY KEY,"
     "  spent_until INTEGER NOT NULL"
     ") STRICT, WITHOUT ROWID;"

     "CREATE TABLE session ("
     "  digest BLOB PRIMARY KEY,"
     "  user_id BLOB NOT NULL REFERENCES user_account (id) ON DELETE CASCADE,"
     "  stage TEXT NOT NULL,"
     "  begun INTEGER NOT NULL,"
     "  seen INTEGER NOT NULL,"
     "  second_factor INTEGER"
     ") STRICT, WITHOUT ROWID;"
     "CREATE INDEX session_of_user ON session (user_id);"

     // One of a user at a time; a new one takes the place of the last.
     "CREATE TABLE invitation ("
     "  user_id BLOB PRIMARY KEY REFERENCES user_account (id) ON DELETE CASCADE,"
     "  digest BLOB NOT NULL UNIQUE,"
     "  expires INTEGER NOT NULL"
     ") STRICT, WITHOUT ROWID;"

     // What was begun at a provider of OpenID Connect. State and verifier are kept as digests, the
     // client's network and the subject as tags.
     "CREATE TABLE openid_attempt ("
     "  state BLOB PRIMARY KEY,"
     "  verifier BLOB NOT NULL,"
     "  issuer TEXT NOT NULL,"
     "  network BLOB NOT NULL,"
     "  expires INTEGER NOT NULL"
     ") STRICT, WITHOUT ROWID;"
     "CREATE INDEX openid_attempt_of_network ON openid_attempt (network);"
     "CREATE TABLE openid_identity ("
     "  issuer TEXT NOT NULL,"
     "  subject BLOB NOT NULL,"
     "  user_id BLOB NOT NULL UNIQUE REFERENCES user_account (id) ON DELETE CASCADE,"
     "  PRIMARY KEY (issuer, subject)"
     ") STRICT, WITHOUT ROWID;"

     "CREATE TABLE agency_certificate ("
     "  agency BLOB NOT NULL REFERENCES agency (id) ON DELETE CASCADE,"
     "  fingerprint BLOB NOT NULL,"
     "  certificate BLOB NOT NULL,"
     "  PRIMARY KEY (agency, fingerprint)"
     ") STRICT, WITHOUT ROWID;"
     "CREATE TABLE service_key ("
     "  key_digest BLOB PRIMARY KEY,"
     "  user_id BLOB NOT NULL REFERENCES user_account (id) ON DELETE CASCADE"
     ") STRICT, WITHOUT ROWID;"},
    {2,
     // `scope` names operations, with a blank between.
     "CREATE TABLE api_key ("
     "  id BLOB PRIMARY KEY,"
     "  agency BLOB NOT NULL REFERENCES agency (id) ON DELETE CASCADE,"
     "  user_id BLOB NOT NULL REFERENCES user_account (id) ON DELETE CASCADE,"
     "  digest BLOB NOT NULL UNIQUE,"
     "  name BLOB NOT NULL,"
     "  scope TEXT NOT NULL,"
     "  created_by BLOB NOT NULL,"
     "  created INTEGER NOT NULL,"
     "  expires INTEGER NOT NULL,"
     "  last_used INTEGER,"
     "  revoked INTEGER"
     ") STRICT, WITHOUT ROWID;"
     "CREATE INDEX api_key_of_agency ON api_key (agency, created);"
     "CREATE INDEX api_key_of_user ON api_key (user_id);"

     // Networks are tags: where a session began, and where else it was used.
     "ALTER TABLE session ADD COLUMN network BLOB;"
     "ALTER TABLE session ADD COLUMN times_disabled INTEGER NOT NULL DEFAULT 0;"
     "CREATE TABLE session_network ("
     "  session BLOB NOT NULL REFERENCES session (digest) ON DELETE CASCADE,"
     "  network BLOB NOT NULL,"
     "  PRIMARY KEY (session, network)"
     ") STRICT, WITHOUT ROWID;"},
};

}  // namespace

const db::Schema kSchema = {.name = "identity", .migrations = kMigrations};

}  // namespace cairn::identity
