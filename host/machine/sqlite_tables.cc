// SPDX-License-Identifier: MIT
#include "machine/sqlite_tables.h"

#include <array>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string_view>

namespace patchbay {
namespace {

constexpr std::int64_t our_format = 2;                // PRAGMA user_version
constexpr std::int64_t our_application = 0x50744279;  // PRAGMA application_id: "PtBy"

// Names and keys are blobs: text would end at a zero byte for half of SQLite's functions.
constexpr const char* conversations = R"(
  CREATE TABLE conversation (id INTEGER PRIMARY KEY, name BLOB NOT NULL UNIQUE,
                             last_write INTEGER NOT NULL, forget_at INTEGER NOT NULL);
  CREATE INDEX conversation_by_last_write ON conversation (last_write);
  CREATE INDEX conversation_by_forget_at ON conversation (forget_at);
)";

// Records lie in the order in which they were written, so that those of a batch share pages, though
// they are of as many conversations; only the index is sorted.
constexpr const char* records = R"(
  CREATE TABLE record (id INTEGER PRIMARY KEY, conversation INTEGER NOT NULL, key BLOB NOT NULL,
                       revision INTEGER NOT NULL, value BLOB NOT NULL, UNIQUE (conversation, key));
)";

// Of format 1, where records lay under their conversations. They are overwritten where they were:
// else one that is forgotten later, at somebody's wish, would still be in the file.
constexpr const char* move_records_away = "ALTER TABLE record RENAME TO record_1";
constexpr const char* bring_records_back = R"(
  INSERT INTO record (conversation, key, revision, value)
    SELECT conversation, key, revision, value FROM record_1;
  PRAGMA secure_delete = ON;
  DROP TABLE record_1;
)";

// In the order of sqlite_statement::Place.
constexpr std::array<std::string_view, 13> statements{
    "SELECT id, forget_at FROM conversation WHERE name = ?1",
    "INSERT INTO conversation (name, last_write, forget_at) VALUES (?1, ?2, ?3) RETURNING id",
    "UPDATE conversation SET last_write = ?2, forget_at = ?3 WHERE id = ?1",
    "DELETE FROM conversation WHERE id = ?1",
    "DELETE FROM conversation WHERE id = ?1"
    " AND NOT EXISTS (SELECT 1 FROM record WHERE conversation = ?1)",
    "SELECT revision FROM record WHERE conversation = ?1 AND key = ?2",
    "INSERT INTO record (conversation, key, revision, value) VALUES (?1, ?2, ?3, ?4)"
    " ON CONFLICT (conversation, key) DO UPDATE SET revision = excluded.revision, value = "
    "excluded.value",
    "DELETE FROM record WHERE conversation = ?1 AND key = ?2",
    "DELETE FROM record WHERE conversation = ?1",
    "SELECT r.key, r.value, r.revision FROM conversation AS c JOIN record AS r"
    " ON r.conversation = c.id WHERE c.name = ?1 AND c.forget_at > ?2 ORDER BY r.key",
    // Along the index, newest first, from where the last page ended: nothing is sorted.
    "SELECT name, last_write, id FROM conversation INDEXED BY conversation_by_last_write"
    " WHERE (last_write, id) < (?1, ?2) AND substr(name, 1, length(?3)) = ?3 AND forget_at > ?4"
    " ORDER BY last_write DESC, id DESC LIMIT ?5",
    "SELECT id FROM conversation WHERE forget_at <= ?1 ORDER BY forget_at LIMIT ?2",
    "PRAGMA data_version",
};

Problem run_all(SqliteFile& file, std::initializer_list<const char*> all) {
  for (const char* sql : all) {
    if (Problem wrong = file.run(sql)) return wrong;
  }
  return std::nullopt;
}

Problem make_tables(SqliteFile& file) {
  if (Problem wrong = file.run("BEGIN IMMEDIATE")) return wrong;
  // Another host may have made them while we waited for the lock.
  const Result<std::int64_t> format = file.number("PRAGMA user_version");
  if (!format) return format.error();
  Problem wrong;
  if (*format == 0) wrong = run_all(file, {conversations, records});
  if (*format == 1) wrong = run_all(file, {move_records_away, records, bring_records_back});
  if (wrong) return wrong;
  if (*format < our_format) {
    const std::string marks = "PRAGMA application_id = " + std::to_string(our_application) +
                              "; PRAGMA user_version = " + std::to_string(our_format);
    if (Problem unmarked = file.run(marks)) return unmarked;
  }
  return file.run("COMMIT");
}

}  // namespace

Problem check_format(SqliteFile& file, const std::string& path) {
  const Result<std::int64_t> format = file.number("PRAGMA user_version");
  if (!format) return format.error();
  const Result<std::int64_t> application = file.number("PRAGMA application_id");
  if (!application) return application.error();
  const Result<std::int64_t> entries = file.number("SELECT count(*) FROM sqlite_schema");
  if (!entries) return entries.error();
  if (*application != our_application && (*entries != 0 || *format != 0)) {
    return Error{"store_foreign", path + " is another program's database",
                 "name another file, or move this one away"};
  }
  if (*format > our_format) {
    return Error{"store_newer",
                 path + " was written by a newer Patchbay (format " + std::to_string(*format) +
                     "; this one knows " + std::to_string(our_format) + ")",
                 "run the newer version, or name another file"};
  }
  return std::nullopt;
}

Problem prepare_tables(SqliteFile& file) {
  if (Problem wrong = make_tables(file)) return wrong;
  for (const std::string_view sql : statements) {
    if (Problem wrong = file.prepare(sql)) return wrong;
  }
  return std::nullopt;
}

}  // namespace patchbay
