// SPDX-License-Identifier: MIT
#include "machine/sqlite_file.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <limits>
#include <system_error>

#include "machine/store.h"

namespace patchbay {
namespace {

constexpr int steps_between_looks = 20'000;  // of SQLite's machine: about a millisecond

std::string said(int error) {
  return std::generic_category().message(error);
}

Error no_room(const std::string& path) {
  return {"store_full", "there is no room left to write " + path,
          "make room on its disk: what waits is written then"};
}

Error cannot_open(const std::string& path, int error) {
  if (error == ENOSPC || error == EDQUOT) return no_room(path);
  const std::string directory = std::filesystem::path(path).parent_path();
  const std::string place = directory.empty() ? "the working directory" : directory;
  const std::string hint = error == ENOENT ? "make the directory " + place
                           : error == EISDIR
                               ? "name a file, not a directory"
                               : "let the host's user write that file, and in " + place;
  return {"store_unopened", "cannot open " + path + ": " + said(error), hint};
}

// SQLite would make it as open to others as the umask allows. Only a file that was not there is
// opened here: to close one that is in use would take this process's locks off it.
Problem make_private(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (fd >= 0) {
    ::close(fd);
    return std::nullopt;
  }
  if (errno == EEXIST) return std::nullopt;
  return cannot_open(path, errno);
}

// Is it a lack of room that SQLite calls a broken disk? EFBIG: a limit on the size of files.
bool is_lack_of_room(int error) {
  return error == ENOSPC || error == EDQUOT || error == EFBIG;
}

Error translated(const std::string& path, int code, int system_error, const char* message) {
  const std::string what = message;
  switch (code & 0xFF) {
    case SQLITE_FULL:
      return no_room(path);
    case SQLITE_IOERR:
      if (is_lack_of_room(system_error)) return no_room(path);
      return {"store_disk", "the disk fails on " + path + ": " + said(system_error),
              "see whether there is room on it (df), and what the system's log says"};
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return {"store_busy", "another program holds " + path + " locked",
              "see who does: fuser -v " + path};
    case SQLITE_INTERRUPT:
      return {"store_slow", path + " took too long to answer", "look at the load of its disk"};
    case SQLITE_READONLY:
      return {"store_read_only", path + " cannot be written: " + what,
              "let the host's user write that file and in its directory"};
    case SQLITE_CANTOPEN:
      return cannot_open(path, system_error != 0 ? system_error : EACCES);
    case SQLITE_NOTADB:
      return {"store_foreign", path + " is no SQLite database",
              "name another file, or move this one away"};
    case SQLITE_CORRUPT:
      return SqliteFile::damaged(path, what);
    case SQLITE_TOOBIG:
    case SQLITE_CONSTRAINT:
    case SQLITE_MISMATCH:
      return {store_code::refuses, path + " does not take it: " + what,
              "see what else is in that file: sqlite3 FILE .schema"};
    default:
      return {"store_failed", path + ": " + what, ""};
  }
}

}  // namespace

Error SqliteFile::damaged(const std::string& path, const std::string& how) {
  return {"store_damaged", path + " is damaged: " + how,
          "move it away, with its -wal, and save what can be saved: sqlite3 FILE .recover"};
}

void SqliteFile::Close::operator()(sqlite3* file) const {
  sqlite3_close_v2(file);
}
void SqliteFile::Close::operator()(sqlite3_stmt* statement) const {
  sqlite3_finalize(statement);
}

Result<std::unique_ptr<SqliteFile>> SqliteFile::open(const std::string& path,
                                                     Milliseconds patience) {
  if (Problem wrong = make_private(path)) return *std::move(wrong);
  std::unique_ptr<SqliteFile> file(new SqliteFile(path, patience));
  if (Problem wrong = file->connect()) return *std::move(wrong);
  return file;
}

SqliteFile::~SqliteFile() = default;

Problem SqliteFile::connect() {
  sqlite3* file = nullptr;
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  const int code = sqlite3_open_v2(path_.c_str(), &file, flags, nullptr);
  file_.reset(file);  // also where it failed: it holds why
  if (file == nullptr) return Error{"store_failed", path_ + ": out of memory", ""};
  if (code != SQLITE_OK) return last_error();
  const auto most = std::numeric_limits<int>::max();
  sqlite3_busy_timeout(file,
                       static_cast<int>(std::min<Milliseconds::rep>(patience_.count(), most)));
  sqlite3_progress_handler(file, steps_between_looks, &SqliteFile::is_late, this);
  return std::nullopt;
}

int SqliteFile::is_late(void* self) {
  return Clock::now() > static_cast<SqliteFile*>(self)->deadline_ ? 1 : 0;
}

Problem SqliteFile::run(const std::string& sql) {
  if (sqlite3_exec(file_.get(), sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
    return last_error();
  }
  return std::nullopt;
}

Result<std::string> SqliteFile::text(const std::string& sql) {
  sqlite3_stmt* raw = nullptr;
  if (sqlite3_prepare_v2(file_.get(), sql.c_str(), -1, &raw, nullptr) != SQLITE_OK) {
    return last_error();
  }
  const std::unique_ptr<sqlite3_stmt, Close> statement(raw);
  if (sqlite3_step(raw) != SQLITE_ROW) return last_error();
  const auto* bytes = static_cast<const char*>(sqlite3_column_blob(raw, 0));
  return std::string(bytes != nullptr ? bytes : "",
                     static_cast<std::size_t>(sqlite3_column_bytes(raw, 0)));
}

Result<std::int64_t> SqliteFile::number(const std::string& sql) {
  const Result<std::string> digits = text(sql);
  if (!digits) return digits.error();
  return std::int64_t{std::strtoll(digits->c_str(), nullptr, 10)};
}

Problem SqliteFile::prepare(std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v3(file_.get(), sql.data(), static_cast<int>(sql.size()),
                         SQLITE_PREPARE_PERSISTENT, &statement, nullptr) != SQLITE_OK) {
    return last_error();
  }
  statements_.emplace_back(statement);
  return std::nullopt;
}

bool SqliteFile::was_moved() {
  int moved = 0;
  sqlite3_file_control(file_.get(), "main", SQLITE_FCNTL_HAS_MOVED, &moved);
  return moved != 0;
}

bool SqliteFile::in_transaction() const {
  return sqlite3_get_autocommit(file_.get()) == 0;
}

Error SqliteFile::last_error() const {
  return translated(path_, sqlite3_extended_errcode(file_.get()), sqlite3_system_errno(file_.get()),
                    sqlite3_errmsg(file_.get()));
}

bool SqliteFile::asks_for_a_new_connection(const Error& error) {
  return error.code != "store_full" && error.code != "store_busy" && error.code != "store_slow" &&
         !is_refusal(error);
}

SqliteQuery::SqliteQuery(SqliteFile& file, std::size_t statement,
                         std::initializer_list<Argument> arguments)
    : file_(file), statement_(file.statements_[statement].get()) {
  int at = 0;
  for (const Argument& argument : arguments) {
    ++at;
    if (const auto* number = std::get_if<std::int64_t>(&argument)) {
      sqlite3_bind_int64(statement_, at, *number);
      continue;
    }
    const std::string_view bytes = std::get<std::string_view>(argument);
    // A null pointer would be SQL's NULL. nullptr as the last: SQLite takes no copy.
    failed_ = sqlite3_bind_blob64(statement_, at, bytes.empty() ? "" : bytes.data(), bytes.size(),
                                  nullptr) != SQLITE_OK ||
              failed_;
  }
}

SqliteQuery::~SqliteQuery() {
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
}

bool SqliteQuery::next() {
  if (failed_) return false;
  const int code = sqlite3_step(statement_);
  failed_ = code != SQLITE_ROW && code != SQLITE_DONE;
  return code == SQLITE_ROW;
}

Problem SqliteQuery::finish() {
  while (next()) continue;
  if (failed_) return error();
  return std::nullopt;
}

std::int64_t SqliteQuery::number(int column) const {
  return sqlite3_column_int64(statement_, column);
}

std::string_view SqliteQuery::bytes(int column) const {
  const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement_, column));
  const int size = sqlite3_column_bytes(statement_, column);
  return bytes == nullptr ? std::string_view{}
                          : std::string_view(bytes, static_cast<std::size_t>(size));
}

}  // namespace patchbay
