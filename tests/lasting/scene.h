// SPDX-License-Identifier: MIT
// A shop that stands in a directory of its own: its store, its configuration, its order book. Hosts
// come and go before it.
#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "support/host_process.h"
#include "support/line.h"
#include "support/temp_dir.h"

namespace patchbay::test {

class Scene {
 public:
  // `store` is a URL; empty: an SQLite file of its own. `further` is TOML for [store], `webhook`
  // for [webhook].
  explicit Scene(const std::string& store = {}, std::string further = {}, std::string webhook = {});

  // A host with the agents diary, greeter and bakery, whose order book is never closed.
  [[nodiscard]] std::unique_ptr<HostProcess> open() const;
  // The diary's settings are others now: a host that is told (SIGHUP) creates it anew.
  void change_settings();
  [[nodiscard]] std::string database() const { return dir_.of("talks.db"); }
  [[nodiscard]] std::vector<std::string> deeds() const;   // lines of the diary's file
  [[nodiscard]] std::vector<std::string> orders() const;  // lines of the bakery's book

 private:
  void write_settings() const;

  TempDir dir_;
  const std::string store_;
  const std::string further_;
  const std::string webhook_;
  int edition_ = 1;
};

inline constexpr const char* failure_line = "Sorry, what?";  // what every agent's caller hears

// One turn: sends it, and reads as far as it goes. Words of an answer that was not whole count not.
struct Heard {
  std::string words;
  bool whole = false;  // with its end
};
Heard hear(std::uint16_t port, std::string_view agent, std::string_view body);
std::string say_in(HostProcess& host, std::string_view agent, std::string_view conversation,
                   std::string_view text);
// A message that tells how much of an interrupted answer was heard.
std::string after_interruption(std::string_view text, std::string_view conversation,
                               std::string_view interrupted_turn, std::string_view heard);
// The request is out, and the first word is read; the rest is still to come.
Line begin(std::uint16_t port, std::string_view agent, std::string_view body);
Line begin(HostProcess& host, std::string_view agent, std::string_view body);

}  // namespace patchbay::test
