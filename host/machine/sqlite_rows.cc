// SPDX-License-Identifier: MIT
#include "machine/sqlite_rows.h"

#include <algorithm>
#include <vector>

#include "machine/sqlite_tables.h"

namespace patchbay {
namespace {

using namespace sqlite_statement;

constexpr std::int64_t sweep_step = 50;      // conversations
constexpr std::size_t most_places = 16'384;  // some 2 MiB

// SQLite has no unsigned numbers; the bits are the same.
std::int64_t stored(std::uint64_t revision) {
  return static_cast<std::int64_t>(revision);
}

// What the records say of this Write. One that asks for no revision conflicts with nothing, and
// comes to the same where it is done again: for that nothing is looked up.
Result<WriteCheck::Standing> compare(SqliteFile& file, std::optional<std::int64_t> conversation,
                                     const Write& write) {
  WriteCheck check;
  if (std::none_of(write.changes.begin(), write.changes.end(),
                   [](const RecordChange& change) { return change.was.has_value(); }))
    return check.standing();
  for (const RecordChange& change : write.changes) {
    std::uint64_t is = 0;
    if (conversation) {
      SqliteQuery query(file, find_revision, {*conversation, change.key});
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
bool may_stay(std::int64_t was, std::int64_t forget_at, Milliseconds keep) {
  const std::int64_t slack = std::min<std::int64_t>(keep.count() / 100, 10'000);
  return forget_at >= was && forget_at - was < slack;
}

}  // namespace

Problem SqliteRows::begin(SqliteFile& file) {
  if (Problem wrong = file.run("BEGIN IMMEDIATE")) return wrong;
  SqliteQuery query(file, changes_by_others, {});
  if (!query.next()) return query.error();
  const std::int64_t others = query.number(0);
  if (others != others_) forget_places();
  others_ = others;
  return std::nullopt;
}

// Nothing where there is none. One that has had its time is taken away first.
Result<std::optional<SqliteRows::Place>> SqliteRows::find(SqliteFile& file, const std::string& name,
                                                          std::int64_t now) {
  std::optional<Place> known;
  if (const auto found = places_.find(name); found != places_.end()) {
    known = found->second;
  } else {
    SqliteQuery query(file, find_conversation, {name});
    if (query.next()) known = {query.number(0), query.number(1)};
    if (query.failed()) return query.error();
    if (known) remember(name, *known);
  }
  if (!known || known->forget_at > now) return known;
  places_.erase(name);
  if (Problem wrong = drop(file, known->id)) return *std::move(wrong);
  return std::optional<Place>{};
}

Result<std::int64_t> SqliteRows::touch(SqliteFile& file, const std::optional<Place>& known,
                                       const Write& write, std::int64_t now) {
  const std::int64_t forget_at = now + write.keep.count();
  if (known) {
    if (may_stay(known->forget_at, forget_at, write.keep)) return known->id;
    remember(write.conversation, {known->id, forget_at});
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
  remember(write.conversation, {added, forget_at});
  return added;
}

Result<Written> SqliteRows::apply(SqliteFile& file, const Write& write, std::int64_t now) {
  const auto known = find(file, write.conversation, now);
  if (!known) return known.error();
  const Result<WriteCheck::Standing> standing =
      compare(file, *known ? std::optional((*known)->id) : std::nullopt, write);
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
    places_.erase(write.conversation);
    if (Problem wrong = SqliteQuery(file, drop_if_empty, {*id}).finish()) return *std::move(wrong);
  }
  return Written::done;
}

Result<bool> SqliteRows::drop(SqliteFile& file, std::string_view conversation, std::int64_t now) {
  const std::string name(conversation);
  const auto known = find(file, name, now);
  if (!known) return known.error();
  if (!*known) return false;
  places_.erase(name);
  if (Problem wrong = drop(file, (*known)->id)) return *std::move(wrong);
  return true;
}

Result<std::size_t> SqliteRows::drop_some(SqliteFile& file, std::int64_t now) {
  std::vector<std::int64_t> over;
  {
    SqliteQuery query(file, past_their_time, {now, sweep_step});
    while (query.next()) over.push_back(query.number(0));
    if (query.failed()) return query.error();
  }
  if (!over.empty()) forget_places();
  for (const std::int64_t id : over) {
    if (Problem wrong = drop(file, id)) return *std::move(wrong);
  }
  return over.size();
}

Problem SqliteRows::drop(SqliteFile& file, std::int64_t id) {
  SqliteQuery records(file, drop_records, {id});
  if (Problem wrong = records.finish()) return wrong;
  return SqliteQuery(file, drop_conversation, {id}).finish();
}

void SqliteRows::remember(const std::string& name, const Place& place) {
  if (places_.size() >= most_places) forget_places();
  places_.insert_or_assign(name, place);
}

}  // namespace patchbay
