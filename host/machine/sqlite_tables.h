// SPDX-License-Identifier: MIT
// The tables of a SQLite store, and every question that is asked of them often.
#pragma once
#include <cstddef>
#include <string>

#include "machine/sqlite_file.h"

namespace patchbay {

// The places of the prepared statements, see SqliteQuery. What they take and give stands beside
// them, in sqlite_tables.cc.
namespace sqlite_statement {
enum Place : std::size_t {
  find_conversation,
  add_conversation,
  touch_conversation,
  drop_conversation,
  drop_if_empty,
  find_revision,
  put_record,
  drop_record,
  drop_records,
  all_records,
  page_of_conversations,
  past_their_time,
  changes_by_others,
};

}  // namespace sqlite_statement

// Is the file ours, or empty? One that is another program's, or a newer Patchbay's, must not be
// touched. `path` is for the Error.
[[nodiscard]] Problem check_format(SqliteFile& file, const std::string& path);

// Makes the tables where there are none, and prepares the statements.
[[nodiscard]] Problem prepare_tables(SqliteFile& file);

}  // namespace patchbay
