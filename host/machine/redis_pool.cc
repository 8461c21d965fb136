// SPDX-License-Identifier: MIT
#include "machine/redis_pool.h"

#include <algorithm>

#include "ground/text.h"
#include "machine/store.h"

namespace patchbay {
namespace {

// The server is not what it was when the link was made: the next one may reach a better.
bool asks_for_another_server(const std::vector<RedisReply>& replies) {
  return std::any_of(replies.begin(), replies.end(), [](const RedisReply& reply) {
    return reply.is_error("READONLY") || reply.is_error("MASTERDOWN") ||
           reply.is_error("LOADING") || reply.is_error("NOAUTH");
  });
}

}  // namespace

Result<std::vector<RedisReply>> RedisPool::ask(std::span<const RedisCommand> commands) {
  const Moment deadline = Clock::now() + limits_.patience;
  for (;;) {
    Result<Taken> taken = take(deadline);
    if (!taken) return std::move(taken).error();
    auto replies = taken->link->ask(commands, deadline);
    if (replies) {
      give_back(asks_for_another_server(*replies) ? nullptr : std::move(taken->link));
      return replies;
    }
    give_back(nullptr);
    // One that lay idle may have broken long ago, when the server was started anew.
    const bool was_stale = taken->used_before && replies.error().code == "connection_lost";
    if (!was_stale) {
      failed(replies.error());
      return replies;
    }
    const std::lock_guard lock(mutex_);
    idle_.clear();
  }
}

Result<RedisPool::Taken> RedisPool::take(Moment deadline) {
  std::unique_lock lock(mutex_);
  if (!back_.wait_until(lock, deadline, [&] { return out_ < limits_.links; })) {
    return Error{"timed_out", "all links to " + address_.text() + " are in use",
                 "look at that server: redis-cli --latency"};
  }
  if (!idle_.empty()) {
    Taken taken{std::move(idle_.back()), true};
    idle_.pop_back();
    ++out_;
    return taken;
  }
  if (pause_ > Milliseconds{0}) {
    const Moment now = Clock::now();
    if (now < again_at_) return why_;
    again_at_ = now + limits_.patience + pause_;  // this call tries; the others need not
  }
  ++out_;
  lock.unlock();
  Result<std::unique_ptr<RedisLink>> link = RedisLink::connect(address_, deadline);
  if (!link) {
    give_back(nullptr);
    failed(link.error());
    return std::move(link).error();
  }
  lock.lock();
  pause_ = Milliseconds{0};
  return Taken{*std::move(link), false};
}

void RedisPool::give_back(std::unique_ptr<RedisLink> link) {
  {
    const std::lock_guard lock(mutex_);
    --out_;
    if (link) idle_.push_back(std::move(link));
  }
  back_.notify_one();
}

void RedisPool::failed(const Error& error) {
  const std::lock_guard lock(mutex_);
  idle_.clear();
  pause_ = std::clamp(2 * pause_, limits_.first_pause, limits_.longest_pause);
  again_at_ = Clock::now() + pause_;
  why_ = error;
}

// The key stands there as redis-cli takes it.
Error RedisPool::wrong_kind(std::string_view key) const {
  const std::string name = json_string(key);
  return {store_code::refuses, address_.text() + ": what lies under " + name + " is not the host's",
          "see what it is: redis-cli TYPE " + name +
              "; it goes with what is left of its "
              "conversation: patchbay conversations purge"};
}

Error RedisPool::refusal(const RedisReply& reply) const {
  std::string hint = "look at that server's log";
  if (reply.is_error("OOM")) hint = "give it more memory; its maxmemory-policy must be noeviction";
  if (reply.is_error("READONLY")) hint = "name the primary, not a replica, in its address";
  if (reply.is_error("MISCONF")) hint = "make room on the disk of that server";
  if (reply.is_error("NOPERM")) hint = "let that user run the commands that docs/ names";
  if (reply.is_error("NOAUTH")) hint = "check the user and the password in its address";
  return {"redis_refuses", address_.text() + ": " + reply.text, hint};
}

}  // namespace patchbay
