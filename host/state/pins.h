// SPDX-License-Identifier: MIT
// Which version a conversation began with, for agents whose conversations stay on theirs
// (pin = "conversation"). A pin holds a lease, so that version stays loaded. Takes no turn itself.
#pragma once
#include <cstddef>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "ground/clock.h"
#include "state/generation.h"

namespace patchbay {

class Pins {
 public:
  // The lease that this conversation's turn shall use: on the version it began with, or else
  // `newest`, which it then begins with. A turn without a conversation gets `newest`. [any]
  Lease keep(std::string_view conversation, Lease newest, Moment now);
  // The conversation is over; what it held is given back. [any]
  void release(std::string_view agent, std::string_view conversation);
  // Its conversations go on with the newest version. [any]
  void release_all_of(const Generation& generation);
  // Forgets conversations that nobody has used for long: their session.end was lost. [any]
  void sweep(Moment now);

  [[nodiscard]] std::size_t held(const Generation& generation) const;

 private:
  struct Pin {
    Lease lease;
    Moment used;
  };
  using Given = std::vector<Lease>;  // given back without our lock
  template <class Unwanted>
  Given take_locked(Unwanted unwanted);

  mutable std::mutex mutex_;                      // guards by_name_
  std::unordered_map<std::string, Pin> by_name_;  // eg: "bakery\nconv_9"
};

}  // namespace patchbay
