// SPDX-License-Identifier: MIT
// The steps of each conversation that must run once (vap.journal/1): who is at them, and what came
// of those that are done. In memory: lost with the process.
#pragma once
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "ground/clock.h"
#include "state/shelf.h"
#include "vap/vap.h"

namespace patchbay {

class Journal {
 public:
  struct Limits {
    std::size_t key = 256;           // bytes
    std::size_t result = 64 * 1024;  // bytes
    std::size_t steps = 256;         // in one conversation
    ShelfLimits all;
  };
  struct Begun {
    vap_status_t status;
    std::shared_ptr<const std::string> result = nullptr;  // where it is VAP_OK
    std::uint64_t holder = 0;                             // where it is VAP_E_AGAIN: who is at it
  };

  Journal();  // with the limits as they stand above
  explicit Journal(Limits limits);

  // `owner` is the agent's name, `holder` the number of the reply that asks, never 0.
  // VAP_OK: it was done. VAP_E_NOT_FOUND, VAP_E_IN_DOUBT: it is the holder's from here.
  // VAP_E_AGAIN: it is another's. VAP_E_INVALID, VAP_E_LIMIT.  [any]
  Begun begin(std::string_view owner, std::string_view conversation, std::string_view key,
              std::uint64_t holder, Moment now);
  // It was done; it was not. VAP_E_NOT_FOUND, VAP_E_LIMIT, or VAP_E_CONFLICT where it is not that
  // holder's: then nothing has changed.  [any]
  vap_status_t finish(std::string_view owner, std::string_view conversation, std::string_view key,
                      std::uint64_t holder, std::string_view result, Moment now);
  vap_status_t drop(std::string_view owner, std::string_view conversation, std::string_view key,
                    std::uint64_t holder, Moment now);
  // That holder will never settle it any more: it is in doubt, and whoever asks next has it.  [any]
  void abandon(std::string_view owner, std::string_view conversation, std::string_view key,
               std::uint64_t holder, Moment now);

  void session_ended(std::string_view owner, std::string_view conversation, Moment now);
  void sweep(Moment now);
  [[nodiscard]] std::size_t conversations() const;

 private:
  struct Step {
    std::shared_ptr<const std::string> result;  // null until it is done
    std::uint64_t holder = 0;                   // 0: nobody is at it
  };
  using Steps = std::unordered_map<std::string, Step>;

  // Null, and why, where it is not that holder's to settle. Call it locked.
  Step* held(const std::string& name, std::string_view key, std::uint64_t holder, Moment now,
             vap_status_t& why);

  const Limits limits_;
  mutable std::mutex mutex_;  // guards shelf_
  Shelf<Steps> shelf_;
};

}  // namespace patchbay
