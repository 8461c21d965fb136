// SPDX-License-Identifier: MIT
// Replies without a server: into a socket pair, whose other end a test reads as the caller would.
#pragma once
#include <doctest/doctest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <string>

#include "state/replies.h"
#include "support/toy_host.h"

namespace patchbay::test {

// Replies of one agent into a socket pair, whose other end is the caller.
struct Desk {
  std::unique_ptr<Generation> generation =
      *Generation::load(*Candidate::stage(fixture("probe")), any_manifest());
  Agent* agent = *generation->make_agent(named("a"), toy_table(), nullptr);
  Agent* other = *generation->make_agent(named("b"), toy_table(), nullptr);
  int ends[2] = {-1, -1};
  std::shared_ptr<Stream> stream;

  Desk() {
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends) == 0);
    Stream::Setup setup;
    setup.socket = ends[0];
    setup.chunked = false;
    stream = std::make_shared<Stream>(setup);
  }
  ~Desk() {
    stream->hang_up();
    ::close(ends[0]);
    ::close(ends[1]);
  }
  Desk(const Desk&) = delete;
  Desk& operator=(const Desk&) = delete;

  std::shared_ptr<Reply> open(ReplyKind kind, vap_reply_t number = 1,
                              const std::string& conversation = "c") const {
    TurnFacts facts{"message", conversation, "s", "t"};
    auto reply = std::make_shared<Reply>(number, kind, facts, Lease(*agent), stream, Clock::now(),
                                         Seconds{30});
    if (kind == ReplyKind::stream) stream->begin_events();
    return reply;
  }
  [[nodiscard]] std::string heard() const {
    char bytes[65536];
    const ssize_t got = ::read(ends[1], bytes, sizeof bytes);
    return got > 0 ? std::string(bytes, static_cast<std::size_t>(got)) : std::string();
  }
};

}  // namespace patchbay::test
