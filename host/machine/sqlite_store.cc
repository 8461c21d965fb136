// SPDX-License-Identifier: MIT
#include "machine/sqlite_store.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

namespace patchbay {
namespace {

constexpr std::int64_t our_format = 1;                      // PRAGMA user_version
constexpr std::int64_t our_application = 0x50744279;        // PRAGMA application_id: "PtBy"
constexpr std::int64_t sweep_step = 50;                     // conversations
constexpr std::int64_t looked_through = 256 * 1024 * 1024;  // bytes; a tenth of a second or two
constexpr std::string_view whole = "ok";                    // says PRAGMA quick_check

// Names and keys are blobs: text would end at a zero byte for half of SQLite's functions.
constexpr const char* tables = R"(
  CREATE TABLE conversation (id INTEGER PRIMARY KEY, name BLOB NOT NULL UNIQUE,
                             last_write INTEGER NOT NULL, forget_at INTEGER NOT NULL);
  CREATE INDEX conversation_by_last_write ON conversation (last_write);
  CREATE INDEX conversation_by_forget_at ON conversation (forget_at);
  CREATE TABLE record (conversation INTEGER NOT NULL, key BLOB NOT NULL, revision INTEGER NOT NULL,
                       value BLOB NOT NULL, PRIMARY KEY (conversation, key)) WITHOUT ROWID;
)";

enum Statement : std::size_t {
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
};

constexpr std::array<std::string_view, 12> statements{
    "SELECT id, forget_at FROM conversation WHERE name = ?1",
    "INSERT INTO conversation (name, last_write, forget_at) VALUES (?1, ?2, ?3) RETURNING id",
    "UPDATE conversation SET last_write = ?2, forget_at = ?3 WHERE id = ?1",
    "DELETE FROM conversation WHERE id = ?1",
    "DELETE FROM conversation WHERE id = ?1"
    " AND NOT EXISTS (SELECT 1 FROM record WHERE conversation = ?1)",
    "SELECT revision FROM record WHERE conversation = ?1 AND key = ?2",
    "INSERT INTO record (conversation, key, revision, value) VALUES (?1, ?2, ?3, ?4)"
    " ON CONFLICT DO UPDATE SET revision = excluded.revision, value = excluded.value",
    "DELETE FROM record WHERE conversation = ?1 AND key = ?2",
    "DELETE FROM record WHERE conversation = ?1",
    "SELECT r.key, r.value, r.revision FROM conversation AS c JOIN record AS r"
    " ON r.conversation = c.id WHERE c.name = ?1 AND c.forget_at > ?2 ORDER BY r.key",
    // Along the index, newest first, from where the last page ended: nothing is sorted.
    "SELECT name, last_write, id FROM conversation INDEXED BY conversation_by_last_write"
    " WHERE (last_write, id) < (?1, ?2) AND substr(name, 1, length(?3)) = ?3 AND forget_at > ?4"
    " ORDER BY last_write DESC, id DESC LIMIT ?5",
    "SELECT id FROM conversation WHERE forget_at <= ?1 ORDER BY forget_at LIMIT ?2",
};

std::string in_one_line(std::string text) {
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

std::int64_t now_unix() {
  return wall_now().time_since_epoch().count();
}

// SQLite has no unsigned numbers; the bits are the same.
std::int64_t stored(std::uint64_t revision) {
  return static_cast<std::int64_t>(revision);
}

// Ours and of our format, or made so where it is empty. A file that is neither is not touched.
Problem look_at_format(SqliteFile& file, const std::string& path) {
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

Problem make_tables(SqliteFile& file) {
  if (Problem wrong = file.run("BEGIN IMMEDIATE")) return wrong;
  // Another host may have made them while we waited for the lock.
  const Result<std::int64_t> format = file.number("PRAGMA user_version");
  if (!format) return format.error();
  if (*format == 0) {
    if (Problem wrong = file.run(tables)) return wrong;
    const std::string marks = "PRAGMA application_id = " + std::to_string(our_application) +
                              "; PRAGMA user_version = " + std::to_string(our_format);
    if (Problem wrong = file.run(marks)) return wrong;
  }
  return file.run("COMMIT");
}

Problem drop(SqliteFile& file, std::int64_t id) {
  SqliteQuery records(file, drop_records, {id});
  if (Problem wrong = records.finish()) return wrong;
  return SqliteQuery(file, drop_conversation, {id}).finish();
}

struct Known {
  std::int64_t id = 0;
  std::int64_t forget_at = 0;
};

// Nothing where there is none. One that has had its time is taken away first.
Result<std::optional<Known>> find(SqliteFile& file, std::string_view name, std::int64_t now) {
  std::optional<Known> known;
  {
    SqliteQuery query(file, find_conversation, {name});
    if (query.next()) known = {query.number(0), query.number(1)};
    if (query.failed()) return query.error();
  }
  if (!known || known->forget_at > now) return known;
  if (Problem wrong = drop(file, known->id)) return *std::move(wrong);
  return std::optional<Known>{};
}

// What the records say of this Write. One that asks for no revision conflicts with nothing, and
// comes to the same where it is done again: for that nothing is looked up.
Result<WriteCheck::Standing> compare(SqliteFile& file, const std::optional<Known>& known,
                                     const Write& write) {
  WriteCheck check;
  if (std::none_of(write.changes.begin(), write.changes.end(),
                   [](const RecordChange& change) { return change.was.has_value(); }))
    return check.standing();
  for (const RecordChange& change : write.changes) {
    std::uint64_t is = 0;
    if (known) {
      SqliteQuery query(file, find_revision, {known->id, change.key});
      if (query.next()) is = static_cast<std::uint64_t>(query.number(0));
      if (query.failed()) return query.error();
    }
    check.look_at(change, is);
  }
  return check.standing();
}

// When a conversation was written last, and is forgotten, need not be true to the second where it
// is kept for hours: to move it in both indices costs half of a write. So both are left as they are
// for a hundredth of that time, and for ten seconds at most.
bool may_stay(const Known& known, std::int64_t forget_at, Milliseconds keep) {
  const std::int64_t slack = std::min<std::int64_t>(keep.count() / 100, 10'000);
  return forget_at >= known.forget_at && forget_at - known.forget_at < slack;
}

Result<std::int64_t> touch(SqliteFile& file, const std::optional<Known>& known, const Write& write,
                           std::int64_t now) {
  const std::int64_t forget_at = now + write.keep.count();
  if (known) {
    if (may_stay(*known, forget_at, write.keep)) return known->id;
    if (Problem wrong =
            SqliteQuery(file, touch_conversation, {known->id, now, forget_at}).finish()) {
      return *std::move(wrong);
    }
    return known->id;
  }
  SqliteQuery query(file, add_conversation, {write.conversation, now, forget_at});
  if (!query.next()) return query.error();
  const std::int64_t added = query.number(0);
  if (Problem wrong = query.finish()) return *std::move(wrong);
  return added;
}

Result<Written> apply(SqliteFile& file, const Write& write, std::int64_t now) {
  const auto known = find(file, write.conversation, now);
  if (!known) return known.error();
  const Result<WriteCheck::Standing> standing = compare(file, *known, write);
  if (!standing) return standing.error();
  if (*standing == WriteCheck::Standing::conflict) return Written::conflict;
  if (*standing == WriteCheck::Standing::done_already) return Written::done;

  const Result<std::int64_t> id = touch(file, *known, write, now);
  if (!id) return id.error();
  bool may_be_empty = write.changes.empty();
  for (const RecordChange& change : write.changes) {
    may_be_empty = may_be_empty || !change.value;
    Problem wrong = change.value
                        ? SqliteQuery(file, put_record,
                                      {*id, change.key, stored(change.revision), *change.value})
                              .finish()
                        : SqliteQuery(file, drop_record, {*id, change.key}).finish();
    if (wrong) return *std::move(wrong);
  }
  if (may_be_empty) {
    if (Problem wrong = SqliteQuery(file, drop_if_empty, {*id}).finish()) return *std::move(wrong);
  }
  return Written::done;
}

// "LAST_WRITE.ID" of the last conversation of a page.
struct Cursor {
  std::int64_t last_write = INT64_MAX;
  std::int64_t id = INT64_MAX;
};

Cursor read_cursor(std::string_view text) {
  Cursor cursor;
  const char* end = text.data() + text.size();
  const auto [dot, wrong] = std::from_chars(text.data(), end, cursor.last_write);
  if (wrong == std::errc() && dot != end) std::from_chars(dot + 1, end, cursor.id);
  return cursor;
}

}  // namespace

Result<std::unique_ptr<SqliteStore>> SqliteStore::open(Options options) {
  std::unique_ptr<SqliteStore> store(new SqliteStore(std::move(options)));
  for (Side* side : {&store->writing_, &store->reading_}) {
    if (Problem wrong = store->prepare(*side)) return *std::move(wrong);
  }
  return store;
}

Problem SqliteStore::prepare(Side& side) const {
  if (side.file && !side.file->was_moved()) return std::nullopt;
  side.file.reset();
  Result<std::unique_ptr<SqliteFile>> opened = SqliteFile::open(options_.path, options_.patience);
  if (!opened) return std::move(opened).error();
  SqliteFile& file = **opened;
  if (Problem wrong = look_at_format(file, options_.path)) return wrong;
  const Result<std::string> mode = file.text("PRAGMA journal_mode = WAL");
  if (!mode) return mode.error();
  if (*mode != "wal") {
    return Error{"store_unopened", "the disk of " + options_.path + " cannot share memory",
                 "name a file on a disk of this machine"};
  }
  // Readers may keep the log from being taken up for a while; it gives its room back afterwards.
  // What hundreds of conversations need of the file (KiB, negative) is not read again for each
  // turn.
  const std::string settings =
      std::string("PRAGMA journal_size_limit = 67108864; PRAGMA cache_size = -16384; ") +
      (options_.survives_power_cut ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL");
  if (Problem wrong = file.run(settings)) return wrong;
  if (Problem wrong = make_tables(file)) return wrong;
  for (const std::string_view sql : statements) {
    if (Problem wrong = file.prepare(sql)) return wrong;
  }
  side.file = *std::move(opened);
  return std::nullopt;
}

SqliteStore::Release::~Release() {
  {
    const std::lock_guard lock(side.mutex);
    side.in_use = false;
  }
  side.free.notify_one();
}

template <class Job>
auto SqliteStore::on(Side& side, Job job) -> decltype(job(*side.file)) {
  {
    std::unique_lock lock(side.mutex);
    if (!side.free.wait_for(lock, options_.patience, [&] { return !side.in_use; })) {
      return Error{"store_busy", "the disk of " + options_.path + " keeps the calls before waiting",
                   "look at the load of that disk"};
    }
    side.in_use = true;
  }
  const Release release{side};
  if (Problem wrong = prepare(side)) return *std::move(wrong);
  SqliteFile& file = *side.file;
  file.give_up_at(Clock::now() + options_.patience);
  auto result = job(file);
  file.give_up_at(Moment::max());
  if (file.in_transaction()) {
    if (file.run("ROLLBACK")) side.file.reset();
  }
  if (!result && SqliteFile::asks_for_a_new_connection(result.error())) side.file.reset();
  return result;
}

// A small file is read through; of a large one, and where the disk is slow, as much as a host that
// starts has time for.
Problem SqliteStore::look() {
  const auto verdict = on(reading_, [&](SqliteFile& file) -> Result<std::string> {
    const auto pages = file.number("PRAGMA page_count");
    if (!pages) return pages.error();
    const auto page = file.number("PRAGMA page_size");
    if (!page) return page.error();
    if (*pages * *page > looked_through) return std::string(whole);
    return file.text("PRAGMA quick_check(1)");
  });
  if (verdict && *verdict == whole) return std::nullopt;
  if (verdict) return SqliteFile::damaged(options_.path, in_one_line(*verdict));
  if (verdict.error().code == "store_slow") return std::nullopt;
  return verdict.error();
}

Result<std::vector<Record>> SqliteStore::load(std::string_view conversation) {
  return on(reading_, [&](SqliteFile& file) -> Result<std::vector<Record>> {
    std::vector<Record> records;
    SqliteQuery query(file, all_records, {conversation, now_unix()});
    while (query.next()) {
      records.push_back({std::string(query.bytes(0)), std::string(query.bytes(1)),
                         static_cast<std::uint64_t>(query.number(2))});
    }
    if (query.failed()) return query.error();
    return records;
  });
}

Result<std::vector<Written>> SqliteStore::write(std::span<const Write> batch) {
  return on(writing_, [&](SqliteFile& file) -> Result<std::vector<Written>> {
    if (Problem wrong = file.run("BEGIN IMMEDIATE")) return *std::move(wrong);
    const std::int64_t now = now_unix();
    std::vector<Written> written;
    written.reserve(batch.size());
    for (const Write& write : batch) {
      const Result<Written> one = apply(file, write, now);
      if (!one) return one.error();
      written.push_back(*one);
    }
    if (Problem wrong = file.run("COMMIT")) return *std::move(wrong);
    return written;
  });
}

Result<bool> SqliteStore::forget(std::string_view conversation) {
  return on(writing_, [&](SqliteFile& file) -> Result<bool> {
    // What is forgotten at somebody's wish is overwritten, not only given free.
    if (Problem wrong = file.run("PRAGMA secure_delete = ON; BEGIN IMMEDIATE")) {
      return *std::move(wrong);
    }
    const auto known = find(file, conversation, now_unix());
    if (!known) return known.error();
    if (*known) {
      if (Problem wrong = drop(file, (*known)->id)) return *std::move(wrong);
    }
    if (Problem wrong = file.run("COMMIT; PRAGMA secure_delete = OFF")) return *std::move(wrong);
    // The log still has it. Where somebody reads at this moment, the next pass takes it along.
    if (*known) (void)file.run("PRAGMA wal_checkpoint(TRUNCATE)");
    return known->has_value();
  });
}

Result<Page> SqliteStore::list(std::string_view prefix, std::string_view from, std::size_t most) {
  return on(reading_, [&](SqliteFile& file) -> Result<Page> {
    Page page;
    Cursor last = read_cursor(from);
    const std::int64_t wanted = static_cast<std::int64_t>(most);
    SqliteQuery query(file, page_of_conversations,
                      {last.last_write, last.id, prefix, now_unix(), wanted});
    while (query.next()) {
      last = {query.number(1), query.number(2)};
      page.conversations.push_back(
          {std::string(query.bytes(0)), WallTime(Milliseconds(last.last_write))});
    }
    if (query.failed()) return query.error();
    if (page.conversations.size() == most && most > 0) {
      page.next = std::to_string(last.last_write) + '.' + std::to_string(last.id);
    }
    return page;
  });
}

Result<std::size_t> SqliteStore::sweep() {
  return on(writing_, [&](SqliteFile& file) -> Result<std::size_t> {
    if (Problem wrong = file.run("BEGIN IMMEDIATE")) return *std::move(wrong);
    std::vector<std::int64_t> over;
    {
      SqliteQuery query(file, past_their_time, {now_unix(), sweep_step});
      while (query.next()) over.push_back(query.number(0));
      if (query.failed()) return query.error();
    }
    for (const std::int64_t id : over) {
      if (Problem wrong = drop(file, id)) return *std::move(wrong);
    }
    if (Problem wrong = file.run("COMMIT")) return *std::move(wrong);
    return over.size();
  });
}

}  // namespace patchbay
