// SPDX-License-Identifier: MIT
// What the command line asks of the load generator.
#pragma once
#include <netinet/in.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace patchbay::bench {

struct Options {
  sockaddr_in address{};
  std::string host;  // as in the URL
  std::string path;
  std::string secret;
  std::string run;  // in every id, so that no two runs share a turn
  std::string text = "A dozen rolls for tomorrow morning, and is the rye bread back?";
  std::size_t connections = 16;
  bool new_connections = false;  // one for each turn
  std::chrono::milliseconds time{5'000};
  std::chrono::milliseconds warm_up{1'000};
  std::uint64_t turns = 0;        // more than 0: so many in all, instead of `time`
  std::uint64_t rate = 0;         // turns a second; 0: each answer is followed by the next turn
  std::size_t conversations = 1;  // that each connection goes round among
  std::uint64_t turns_of_a_conversation = 0;  // then it begins another; 0: it never ends
  std::optional<std::size_t> says;            // response.tts in each answer
  bool stamps = false;                        // each of them says when it was sent
  std::chrono::milliseconds timeout{10'000};
  bool help = false;
};

// Throws std::invalid_argument, with what is wrong, where there is nothing to run.
Options read_options(std::span<const char* const> arguments);
const char* usage();

}  // namespace patchbay::bench
