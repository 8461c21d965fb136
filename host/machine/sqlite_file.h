// SPDX-License-Identifier: MIT
// One connection to an SQLite file: opened, asked, and its failures told as Errors that name the
// file and the remedy. Knows nothing of what is kept in it.
#pragma once
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "ground/clock.h"
#include "ground/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace patchbay {

// One thread at a time.
class SqliteFile {
 public:
  // Makes the file where there is none, readable for its owner only. `patience` bounds every wait
  // for another program's lock, and every single call after give_up_at().
  static Result<std::unique_ptr<SqliteFile>> open(const std::string& path, Milliseconds patience);
  ~SqliteFile();
  SqliteFile(const SqliteFile&) = delete;
  SqliteFile& operator=(const SqliteFile&) = delete;

  // Statements without an answer, one after the other. Fit for what is run once.
  [[nodiscard]] Problem run(const std::string& sql);
  // The first column of the only row, eg: of "PRAGMA user_version".
  Result<std::int64_t> number(const std::string& sql);
  Result<std::string> text(const std::string& sql);

  // Prepares it to be asked often; queries name it by the number of its place, from 0.
  [[nodiscard]] Problem prepare(std::string_view sql);

  // What to say and to do of a file that is not whole.
  static Error damaged(const std::string& path, const std::string& how);

  // Whatever still computes after that moment is given up.
  void give_up_at(Moment deadline) { deadline_ = deadline; }
  // Is there another file, or none, under the path by now? Then nobody will find what is written.
  [[nodiscard]] bool was_moved();
  [[nodiscard]] bool in_transaction() const;
  [[nodiscard]] Error last_error() const;
  // After such an Error only a new connection helps.
  static bool asks_for_a_new_connection(const Error& error);

 private:
  friend class SqliteQuery;
  struct Close {
    void operator()(sqlite3* file) const;
    void operator()(sqlite3_stmt* statement) const;
  };
  SqliteFile(std::string path, Milliseconds patience)
      : path_(std::move(path)), patience_(patience) {}
  [[nodiscard]] Problem connect();
  static int is_late(void* self);  // called by SQLite while it computes

  const std::string path_;
  const Milliseconds patience_;
  Moment deadline_ = Moment::max();
  std::unique_ptr<sqlite3, Close> file_;  // closed after the statements
  std::vector<std::unique_ptr<sqlite3_stmt, Close>> statements_;
};

// One use of a prepared statement, over with the object.
class SqliteQuery {
 public:
  using Argument = std::variant<std::int64_t, std::string_view>;  // bytes, which outlive the query

  SqliteQuery(SqliteFile& file, std::size_t statement, std::initializer_list<Argument> arguments);
  ~SqliteQuery();
  SqliteQuery(const SqliteQuery&) = delete;
  SqliteQuery& operator=(const SqliteQuery&) = delete;

  // True: there is a row to read. False: there is no more, or it failed.
  bool next();
  [[nodiscard]] bool failed() const { return failed_; }
  [[nodiscard]] Error error() const { return file_.last_error(); }
  // For a statement without rows.
  [[nodiscard]] Problem finish();

  // Of the row, until the next call of next().
  [[nodiscard]] std::int64_t number(int column) const;
  [[nodiscard]] std::string_view bytes(int column) const;

 private:
  SqliteFile& file_;
  sqlite3_stmt* statement_;
  bool failed_ = false;
};

}  // namespace patchbay
