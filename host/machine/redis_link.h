// SPDX-License-Identifier: MIT
// One connection to a Redis or Valkey server: let in, and asked many things at once. Knows what an
// answer is, and not what is asked.
//
// Debian's hiredis 0.14 knows no TLS, and its own connections cannot bound a whole call; so it
// writes the commands and reads the answers here, and the bytes go over a ClientSocket.
#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "codec/redis_address.h"
#include "ground/clock.h"
#include "ground/result.h"
#include "machine/client_socket.h"

struct redisReader;

namespace patchbay {

using RedisCommand = std::vector<std::string_view>;  // eg: {"HGETALL", "patchbay:c:bakery\nc1"}

struct RedisReply {
  enum class Kind { nothing, text, number, list, error } kind = Kind::nothing;
  std::string text;              // of a text, and of an error: "NOSCRIPT No matching script."
  std::int64_t number = 0;       // of a number
  std::vector<RedisReply> list;  // of a list

  // Is it the error that this word stands for, eg: "READONLY"? Redis 6 says what befell a script in
  // a sentence of its own: "ERR Error running script (call to f_1): @user_script: 1: -READONLY ..."
  [[nodiscard]] bool is_error(std::string_view word) const;
};

// One thread at a time.
class RedisLink {
 public:
  // Connected, let in, and in its database. Errors as ClientSocket's, and: redis_refuses (a wrong
  // password, no such database), redis_not_ready. The server's name is in every one.
  static Result<std::unique_ptr<RedisLink>> connect(const RedisAddress& address, Moment deadline);
  // The same for one whose waits end at once, as `interrupted`, when that is raised; it outlives
  // the link.
  static Result<std::unique_ptr<RedisLink>> connect(const RedisAddress& address, Moment deadline,
                                                    const Interrupt& interrupt);
  ~RedisLink();
  RedisLink(const RedisLink&) = delete;
  RedisLink& operator=(const RedisLink&) = delete;

  // The answers, in the order of the commands, all of which are sent before the first is awaited.
  // After an Error (timed_out, connection_lost, redis_garbled) the link is of no use: drop it.
  Result<std::vector<RedisReply>> ask(std::span<const RedisCommand> commands, Moment deadline);

 private:
  struct FreeReader {
    void operator()(redisReader* reader) const;
  };
  RedisLink(const RedisAddress& address, std::unique_ptr<const Interrupt> never);
  static Result<std::unique_ptr<RedisLink>> connected(std::unique_ptr<RedisLink> link,
                                                      const RedisAddress& address, Moment deadline);
  [[nodiscard]] Problem enter(const RedisAddress& address, Moment deadline);
  Result<RedisReply> next_reply(Moment deadline);
  [[nodiscard]] Error told(Error error) const;

  const std::string server_;                      // for messages
  const std::unique_ptr<const Interrupt> never_;  // null where somebody may interrupt
  const Interrupt* interrupt_ = never_.get();
  std::unique_ptr<ClientSocket> socket_;
  std::unique_ptr<redisReader, FreeReader> reader_;
};

}  // namespace patchbay
