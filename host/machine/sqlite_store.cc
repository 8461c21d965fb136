// SPDX-License-Identifier: MIT
#include "machine/sqlite_store.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "machine/sqlite_tables.h"

namespace patchbay {
namespace {

using namespace sqlite_statement;

constexpr std::int64_t looked_through = 256 * 1024 * 1024;  // bytes; a tenth of a second or two
constexpr std::string_view whole = "ok";                    // says PRAGMA quick_check

std::string in_one_line(std::string text) {
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

std::int64_t now_unix() {
  return wall_now().time_since_epoch().count();
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
  if (Problem wrong = check_format(file, options_.path)) return wrong;
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
  if (Problem wrong = prepare_tables(file)) return wrong;
  side.file = *std::move(opened);
  side.rows = {};
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
  if (!result) side.rows.forget_places();
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
    if (Problem wrong = writing_.rows.begin(file)) return *std::move(wrong);
    const std::int64_t now = now_unix();
    std::vector<Written> written;
    written.reserve(batch.size());
    for (const Write& write : batch) {
      const Result<Written> one = writing_.rows.apply(file, write, now);
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
    if (Problem wrong = file.run("PRAGMA secure_delete = ON")) return *std::move(wrong);
    if (Problem wrong = writing_.rows.begin(file)) return *std::move(wrong);
    const Result<bool> knew = writing_.rows.drop(file, conversation, now_unix());
    if (!knew) return knew.error();
    if (Problem wrong = file.run("COMMIT; PRAGMA secure_delete = OFF")) return *std::move(wrong);
    // The log still has it. Where somebody reads at this moment, the next pass takes it along.
    if (*knew) (void)file.run("PRAGMA wal_checkpoint(TRUNCATE)");
    return *knew;
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
    if (Problem wrong = writing_.rows.begin(file)) return *std::move(wrong);
    const Result<std::size_t> went = writing_.rows.drop_some(file, now_unix());
    if (!went) return went.error();
    if (Problem wrong = file.run("COMMIT")) return *std::move(wrong);
    return went;
  });
}

}  // namespace patchbay
