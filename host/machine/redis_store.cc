// SPDX-License-Identifier: MIT
#include "machine/redis_store.h"

#include <charconv>

#include "machine/redis_records.h"

namespace patchbay {
namespace {

constexpr std::size_t sweep_step = 50;         // conversations
constexpr std::size_t most_at_a_time = 1'000;  // names in one look at the index

std::string expectation(const RecordChange& change) {
  if (!change.was) return "*";
  return *change.was == 0 ? std::string() : as_bytes(*change.was);
}

WallTime moment_in(std::string_view microseconds) {
  std::int64_t count = 0;
  std::from_chars(microseconds.data(), microseconds.data() + microseconds.size(), count);
  return WallTime(std::chrono::floor<Milliseconds>(std::chrono::microseconds(count)));
}

// Where a page ended: the score of its last name, and the name, since others may share the score.
struct Cursor {
  std::string score = "+inf";
  std::string name;

  [[nodiscard]] std::string text() const { return score + '\n' + name; }
  // Of names with one score the server lists the greatest first.
  [[nodiscard]] bool is_behind(const std::string& other_score, const std::string& other) const {
    return other_score != score || other < name;
  }
};

Cursor read_cursor(std::string_view text) {
  const std::size_t end = text.find('\n');
  if (end == std::string_view::npos) return {};
  return {std::string(text.substr(0, end)), std::string(text.substr(end + 1))};
}

}  // namespace

std::string RedisStore::key_of(std::string_view kind, std::string_view name) const {
  std::string key = prefix_;
  key.append(kind).append(name);
  return key;
}

Result<std::vector<Record>> RedisStore::load(std::string_view conversation) {
  const std::string key = key_of("c:", conversation);
  const RedisCommand command{"HGETALL", key};
  const auto replies = caller_->ask({&command, 1});
  if (!replies) return replies.error();
  const RedisReply& all = replies->front();
  if (all.is_error("WRONGTYPE")) return caller_->wrong_kind(key);
  if (all.kind != RedisReply::Kind::list) return caller_->refusal(all);
  return records_in(all);
}

Result<std::vector<Written>> RedisStore::write(std::span<const Write> batch) {
  std::vector<ScriptCall> calls;
  calls.reserve(batch.size());
  for (const Write& write : batch) {
    ScriptCall& call = calls.emplace_back();
    call.script = RedisScript::write;
    call.keys = {key_of("c:", write.conversation), key_of("by-last-write"), key_of("by-forget-at")};
    call.arguments = {write.conversation, std::to_string(write.keep.count())};
    for (const RecordChange& change : write.changes) {
      call.arguments.push_back(change.key);
      call.arguments.push_back(expectation(change));
      call.arguments.push_back(change.value ? as_bytes(change.revision) + *change.value : "");
    }
  }
  const auto answers = caller_->count(calls);
  if (!answers) return answers.error();
  std::vector<Written> written;
  written.reserve(answers->size());
  for (const std::int64_t answer : *answers) {
    written.push_back(answer != 0 ? Written::done : Written::conflict);
  }
  return written;
}

Result<bool> RedisStore::forget(std::string_view conversation) {
  const auto went = caller_->count(
      ScriptCall{RedisScript::forget,
                 {key_of("c:", conversation), key_of("by-last-write"), key_of("by-forget-at")},
                 {std::string(conversation)}});
  if (!went) return went.error();
  return *went != 0;
}

Result<Page> RedisStore::list(std::string_view prefix, std::string_view from, std::size_t most) {
  Cursor last = read_cursor(from);
  const std::string key = key_of("by-last-write");
  const std::string count = std::to_string(most_at_a_time);
  const RedisCommand command{"ZREVRANGEBYSCORE", key,     last.score, "-inf",
                             "WITHSCORES",       "LIMIT", "0",        count};
  const auto replies = caller_->ask({&command, 1});
  if (!replies) return replies.error();
  const RedisReply& all = replies->front();
  if (all.kind != RedisReply::Kind::list) return caller_->refusal(all);

  std::vector<Listed> listed;
  std::size_t at = 0;
  for (; at + 1 < all.list.size() && listed.size() < most; at += 2) {
    const std::string& name = all.list[at].text;
    const std::string& score = all.list[at + 1].text;
    if (!last.is_behind(score, name)) continue;
    last = {score, name};
    if (name.starts_with(prefix)) listed.push_back({name, moment_in(score)});
  }
  // Those that have expired stay in the index until the next sweep.
  const Result<std::vector<bool>> there = which_are_there(listed);
  if (!there) return there.error();
  Page page;
  for (std::size_t i = 0; i < listed.size(); ++i) {
    if ((*there)[i]) page.conversations.push_back(std::move(listed[i]));
  }
  const bool whole_index_seen = at >= all.list.size() && all.list.size() < 2 * most_at_a_time;
  if (!whole_index_seen) page.next = last.text();
  return page;
}

Result<std::vector<bool>> RedisStore::which_are_there(const std::vector<Listed>& listed) {
  std::vector<bool> there;
  there.reserve(listed.size());
  if (listed.empty()) return there;
  std::vector<std::string> keys;
  keys.reserve(listed.size());  // the commands point into it
  std::vector<RedisCommand> commands;
  commands.reserve(listed.size());
  for (const Listed& one : listed) {
    commands.push_back({"EXISTS", keys.emplace_back(key_of("c:", one.conversation))});
  }
  const auto replies = caller_->ask(commands);
  if (!replies) return replies.error();
  for (const RedisReply& reply : *replies) {
    if (reply.kind != RedisReply::Kind::number) return caller_->refusal(reply);
    there.push_back(reply.number != 0);
  }
  return there;
}

Result<std::size_t> RedisStore::sweep() {
  const auto went = caller_->count(ScriptCall{RedisScript::sweep,
                                              {key_of("by-last-write"), key_of("by-forget-at")},
                                              {key_of("c:"), std::to_string(sweep_step)}});
  if (!went) return went.error();
  return static_cast<std::size_t>(*went);
}

}  // namespace patchbay
