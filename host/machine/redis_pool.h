// SPDX-License-Identifier: MIT
// Links to one Redis server, shared by all threads, made when they are wanted and again when they
// broke. While the server is away nobody waits for it twice: calls fail at once, but for one that
// tries it now and then.
#pragma once
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <span>
#include <string_view>
#include <vector>

#include "machine/redis_link.h"

namespace patchbay {

class RedisPool {
 public:
  struct Limits {
    Milliseconds patience{500};    // the whole of a call, connecting included
    std::size_t links = 16;        // more calls at once wait for one, as long as that
    Milliseconds first_pause{50};  // after a failure; doubled after each further one
    Milliseconds longest_pause{500};
  };

  RedisPool(RedisAddress address, Limits limits) : address_(std::move(address)), limits_(limits) {}

  // The answers in order. Commands are sent again over a new link where an old one turns out to be
  // broken, so they must bear being done twice. [any]
  Result<std::vector<RedisReply>> ask(std::span<const RedisCommand> commands);

  // What to do about an answer that is an error.
  [[nodiscard]] Error refusal(const RedisReply& reply) const;
  // Another kind of thing lies under that key than what is kept there: a refusal, see store_code.
  [[nodiscard]] Error wrong_kind(std::string_view key) const;

 private:
  struct Taken {
    std::unique_ptr<RedisLink> link;
    bool used_before = false;
  };
  Result<Taken> take(Moment deadline);
  void give_back(std::unique_ptr<RedisLink> link);  // null: it is of no use any more
  void failed(const Error& error);

  const RedisAddress address_;
  const Limits limits_;
  std::mutex mutex_;  // guards everything below; not held while a link is used
  std::condition_variable back_;
  std::vector<std::unique_ptr<RedisLink>> idle_;
  std::size_t out_ = 0;    // links that somebody uses or makes
  Milliseconds pause_{0};  // none: all is well
  Moment again_at_;
  Error why_;  // of the last failure
};

}  // namespace patchbay
