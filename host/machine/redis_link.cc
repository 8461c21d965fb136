// SPDX-License-Identifier: MIT
#include "machine/redis_link.h"

#include <hiredis/hiredis.h>

#include <array>

namespace patchbay {
namespace {

struct FreeReply {
  void operator()(void* reply) const { freeReplyObject(reply); }
};

RedisReply taken(const redisReply& from) {
  RedisReply reply;
  switch (from.type) {
    case REDIS_REPLY_STATUS:
    case REDIS_REPLY_STRING:
      reply.kind = RedisReply::Kind::text;
      reply.text.assign(from.str, from.len);
      break;
    case REDIS_REPLY_ERROR:
      reply.kind = RedisReply::Kind::error;
      reply.text.assign(from.str, from.len);
      break;
    case REDIS_REPLY_INTEGER:
      reply.kind = RedisReply::Kind::number;
      reply.number = from.integer;
      break;
    case REDIS_REPLY_ARRAY:
      reply.kind = RedisReply::Kind::list;
      reply.list.reserve(from.elements);
      for (std::size_t i = 0; i < from.elements; ++i) reply.list.push_back(taken(*from.element[i]));
      break;
    default:
      break;
  }
  return reply;
}

// False where there is no memory for it.
bool append_command(std::string& out, const RedisCommand& command) {
  std::vector<const char*> words;
  std::vector<std::size_t> sizes;
  for (const std::string_view word : command) {
    words.push_back(word.data());
    sizes.push_back(word.size());
  }
  char* bytes = nullptr;
  const int size =
      redisFormatCommandArgv(&bytes, static_cast<int>(command.size()), words.data(), sizes.data());
  if (size < 0) return false;
  out.append(bytes, static_cast<std::size_t>(size));
  redisFreeCommand(bytes);
  return true;
}

Url url_of(const RedisAddress& address) {
  Url url;
  url.tls = address.tls;
  url.host = address.host;
  url.port = address.port;
  return url;
}

}  // namespace

void RedisLink::FreeReader::operator()(redisReader* reader) const {
  redisReaderFree(reader);
}

RedisLink::RedisLink(const RedisAddress& address, std::unique_ptr<const Interrupt> never)
    : server_(address.text()), never_(std::move(never)), reader_(redisReaderCreate()) {}

RedisLink::~RedisLink() = default;

Result<std::unique_ptr<RedisLink>> RedisLink::connect(const RedisAddress& address,
                                                      Moment deadline) {
  std::unique_ptr<RedisLink> link(new RedisLink(address, std::make_unique<const Interrupt>()));
  return connected(std::move(link), address, deadline);
}

Result<std::unique_ptr<RedisLink>> RedisLink::connect(const RedisAddress& address, Moment deadline,
                                                      const Interrupt& interrupt) {
  std::unique_ptr<RedisLink> link(new RedisLink(address, nullptr));
  link->interrupt_ = &interrupt;
  return connected(std::move(link), address, deadline);
}

Result<std::unique_ptr<RedisLink>> RedisLink::connected(std::unique_ptr<RedisLink> link,
                                                        const RedisAddress& address,
                                                        Moment deadline) {
  auto socket = address.socket.empty()
                    ? ClientSocket::connect(url_of(address), deadline, *link->interrupt_)
                    : ClientSocket::connect_local(address.socket, deadline, *link->interrupt_);
  if (!socket) {
    Error error = std::move(socket).error();
    error.message = "no connection to " + address.text() + ": " + error.message;
    const bool tls_failed = error.code == "tls_failed";
    if (tls_failed) error.hint = "does that server speak TLS at that port? Else write redis://";
    if (error.hint.empty()) error.hint = "check that a Redis server runs there";
    return error;
  }
  link->socket_ = *std::move(socket);
  if (!link->reader_) return Error{"redis_garbled", "out of memory", ""};
  if (Problem wrong = link->enter(address, deadline)) return *std::move(wrong);
  return link;
}

Problem RedisLink::enter(const RedisAddress& address, Moment deadline) {
  std::vector<RedisCommand> commands;
  if (!address.password.empty() && address.user.empty()) {
    commands.push_back({"AUTH", address.password});
  } else if (!address.password.empty()) {
    commands.push_back({"AUTH", address.user, address.password});
  }
  const std::string database = std::to_string(address.database);
  if (address.database != 0) commands.push_back({"SELECT", database});
  // A server that hangs still connects; only an answer says that it is there.
  commands.push_back({"PING"});
  const auto replies = ask(commands, deadline);
  if (!replies) return replies.error();
  for (const RedisReply& reply : *replies) {
    if (reply.kind != RedisReply::Kind::error) continue;
    if (reply.is_error("LOADING") || reply.is_error("MASTERDOWN")) {
      return told({"redis_not_ready", reply.text, "it will be, when it has read its data"});
    }
    const bool locked =
        reply.is_error("WRONGPASS") || reply.is_error("NOAUTH") || reply.is_error("NOPERM");
    return told({"redis_refuses", reply.text,
                 locked ? "check the user and the password in its address" : ""});
  }
  return std::nullopt;
}

bool RedisReply::is_error(std::string_view word) const {
  if (kind != Kind::error) return false;
  std::string_view said = text;
  if (said.starts_with("ERR Error running script")) {
    if (const std::size_t at = said.rfind(": "); at != std::string_view::npos)
      said.remove_prefix(at + 2);
    if (said.starts_with('-')) said.remove_prefix(1);
  }
  return said.starts_with(word);
}

Result<std::vector<RedisReply>> RedisLink::ask(std::span<const RedisCommand> commands,
                                               Moment deadline) {
  std::string bytes;
  for (const RedisCommand& command : commands) {
    if (!append_command(bytes, command)) return told({"redis_garbled", "out of memory", ""});
  }
  if (Problem wrong = socket_->send(bytes, deadline, *interrupt_)) return told(*std::move(wrong));
  std::vector<RedisReply> replies;
  replies.reserve(commands.size());
  while (replies.size() < commands.size()) {
    Result<RedisReply> reply = next_reply(deadline);
    if (!reply) return std::move(reply).error();
    replies.push_back(*std::move(reply));
  }
  return replies;
}

Result<RedisReply> RedisLink::next_reply(Moment deadline) {
  std::array<char, 16 * 1024> some;
  for (;;) {
    void* raw = nullptr;
    if (redisReaderGetReply(reader_.get(), &raw) != REDIS_OK) {
      return told({"redis_garbled", std::string("what it answers is not Redis: ") + reader_->errstr,
                   "is there a Redis server at that port?"});
    }
    if (raw != nullptr) {
      const std::unique_ptr<void, FreeReply> reply(raw);
      return taken(*static_cast<redisReply*>(raw));
    }
    const Result<std::size_t> size = socket_->receive(some, deadline, *interrupt_);
    if (!size) return told(size.error());
    if (*size == 0) return told({"connection_lost", "it has closed the connection", ""});
    redisReaderFeed(reader_.get(), some.data(), *size);
  }
}

Error RedisLink::told(Error error) const {
  error.message = server_ + ": " + error.message;
  if (error.hint.empty()) error.hint = "look at that server: redis-cli PING, and its log";
  return error;
}

}  // namespace patchbay
