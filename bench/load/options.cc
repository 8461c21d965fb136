// SPDX-License-Identifier: MIT
#include "options.h"

#include <arpa/inet.h>
#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <ctime>
#include <iterator>
#include <stdexcept>
#include <string_view>

namespace patchbay::bench {
namespace {

constexpr const char* usage_text =
    R"(bench_load --url http://127.0.0.1:PORT/PATH --secret SECRET [OPTIONS]

Sends signed messages as a voice pipeline does, each a turn of its own, checks every answer whole, and
prints what it saw as JSON. One thread.

  --connections N       kept open, each with one turn at a time (16)
  --new-connections     each turn on a connection of its own, N at once
  --seconds S           how long it measures (5)
  --warm-up S           how long it runs before, unmeasured (1)
  --turns N             so many turns, all measured, instead of a time
  --rate R              R turns a second, as long as a connection is free, instead of as fast as
                        they are answered; times count from when a turn was due
  --conversations N     that each connection goes round among (1)
  --conversation-turns N  after so many turns another conversation takes its place (0: never)
  --says K              each answer must have exactly K response.tts
  --stamps              each response.tts is the nanosecond it was sent at, by CLOCK_MONOTONIC: how
                        long they were on their way is told, too
  --text TEXT           what the caller says
  --timeout S           a turn that takes longer counts as an error (10)
  --run NAME            part of every id (default: made from the time)

Exits with 0 where every answer was right.
)";

[[noreturn]] void refuse(const std::string& why) {
  throw std::invalid_argument(why);
}

template <class Number>
Number number(std::string_view text) {
  Number value{};
  const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (wrong != std::errc() || end != text.data() + text.size() || value < Number{0})
    refuse(fmt::format("a number is wanted, not '{}'", text));
  return value;
}

std::chrono::milliseconds seconds(std::string_view text) {
  return std::chrono::milliseconds(static_cast<std::int64_t>(number<double>(text) * 1'000));
}

void read_url(Options& options, std::string_view url) {
  constexpr std::string_view scheme = "http://";
  const std::string_view rest = url.starts_with(scheme) ? url.substr(scheme.size()) : "";
  const std::size_t slash = rest.find('/');
  const std::size_t colon = rest.find(':');
  if (slash == std::string_view::npos || colon == std::string_view::npos || colon > slash)
    refuse("--url wants http://ADDRESS:PORT/PATH");
  options.host = rest.substr(0, slash);
  options.path = rest.substr(slash);
  options.address.sin_family = AF_INET;
  options.address.sin_port =
      htons(number<std::uint16_t>(rest.substr(colon + 1, slash - colon - 1)));
  const std::string address(rest.substr(0, colon));
  if (::inet_pton(AF_INET, address.c_str(), &options.address.sin_addr) != 1)
    refuse("--url wants an IPv4 address in numbers, as 127.0.0.1");
}

struct Flag {
  std::string_view name;
  void (*take)(Options&, std::string_view value);
  bool has_value = true;
};

using Text = std::string_view;
constexpr Flag flags[] = {
    {"--url", read_url},
    {"--secret", [](Options& to, Text value) { to.secret = value; }},
    {"--run", [](Options& to, Text value) { to.run = value; }},
    {"--text", [](Options& to, Text value) { to.text = value; }},
    {"--connections", [](Options& to, Text value) { to.connections = number<std::size_t>(value); }},
    {"--new-connections", [](Options& to, Text) { to.new_connections = true; }, false},
    {"--seconds", [](Options& to, Text value) { to.time = seconds(value); }},
    {"--warm-up", [](Options& to, Text value) { to.warm_up = seconds(value); }},
    {"--turns", [](Options& to, Text value) { to.turns = number<std::uint64_t>(value); }},
    {"--rate", [](Options& to, Text value) { to.rate = number<std::uint64_t>(value); }},
    {"--conversations",
     [](Options& to, Text value) { to.conversations = number<std::size_t>(value); }},
    {"--conversation-turns",
     [](Options& to, Text value) { to.turns_of_a_conversation = number<std::uint64_t>(value); }},
    {"--says", [](Options& to, Text value) { to.says = number<std::size_t>(value); }},
    {"--stamps", [](Options& to, Text) { to.stamps = true; }, false},
    {"--timeout", [](Options& to, Text value) { to.timeout = seconds(value); }},
    {"--help", [](Options& to, Text) { to.help = true; }, false},
};

}  // namespace

const char* usage() {
  return usage_text;
}

Options read_options(std::span<const char* const> arguments) {
  Options options;
  options.run = fmt::format("{:x}_{:x}", std::time(nullptr), ::getpid());
  for (std::size_t at = 0; at < arguments.size(); ++at) {
    const std::string_view name = arguments[at];
    const auto* const flag = std::find_if(std::begin(flags), std::end(flags),
                                          [&](const Flag& one) { return one.name == name; });
    if (flag == std::end(flags)) refuse(fmt::format("there is no '{}': see --help", name));
    if (flag->has_value && ++at == arguments.size()) refuse(fmt::format("{} wants a value", name));
    flag->take(options, arguments[at]);
  }
  if (options.help) return options;
  if (options.path.empty() || options.secret.empty()) refuse("--url and --secret are wanted");
  if (options.connections == 0 || options.conversations == 0)
    refuse("--connections and --conversations want more than 0");
  if (options.turns > 0) options.warm_up = {};
  return options;
}

}  // namespace patchbay::bench
