// SPDX-License-Identifier: MIT
// The steps of one conversation that must run once (vap.journal/1): who is at them, and what came
// of those that are done. Pure: whoever has them guards them, and writes down the changes they
// give.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "machine/store.h"
#include "vap/vap.h"

namespace patchbay {

class Journal {
 public:
  struct Limits {
    std::size_t key = 256;           // bytes
    std::size_t result = 64 * 1024;  // bytes
    std::size_t steps = 256;
  };
  struct Begun {
    vap_status_t status = VAP_OK;
    std::shared_ptr<const std::string> result = nullptr;  // where it is VAP_OK
    std::uint64_t holder = 0;                             // where it is VAP_E_AGAIN: who is at it
    std::optional<RecordChange> change =
        {};  // written down before the step runs, so that it is known of
  };
  struct Settled {
    vap_status_t status = VAP_OK;
    std::optional<RecordChange> change = {};
  };

  explicit Journal(Limits limits) : limits_(limits) {}

  // `holder` is the number of the reply that asks, never 0. VAP_OK: it was done. VAP_E_NOT_FOUND,
  // VAP_E_IN_DOUBT: it is the holder's from here. VAP_E_AGAIN: it is another's. VAP_E_INVALID,
  // VAP_E_LIMIT. `fresh` becomes the revision of the record.
  Begun begin(std::string_view key, std::uint64_t holder, std::uint64_t fresh);
  // It was done; it was not. VAP_E_NOT_FOUND, VAP_E_LIMIT, or VAP_E_CONFLICT where it is not that
  // holder's: then nothing has changed.
  Settled finish(std::string_view key, std::uint64_t holder, std::string_view result,
                 std::uint64_t fresh);
  Settled drop(std::string_view key, std::uint64_t holder);
  // That holder will never settle it any more: it is in doubt, and whoever asks next has it.
  void abandon(std::string_view key, std::uint64_t holder);
  // Takes up what a store has kept; false for the record of something else. A step that was begun
  // there and not done is in doubt.
  bool restore(const Record& record);
  struct RecordedStep {
    std::string_view key;  // a part of the record
    bool is_done = false;  // else it was begun
  };
  // Nothing where it is no step's.
  [[nodiscard]] static std::optional<RecordedStep> step_in(const Record& record);
  // These were read anew from the store, while turns went on: whoever was at a step still is,
  // unless somebody else has taken it since.
  void keep_holders(const Journal& before);

 private:
  struct Step {
    std::shared_ptr<const std::string> result;  // null until it is done
    std::uint64_t holder = 0;                   // 0: nobody is at it
    std::uint64_t revision = 0;
  };
  Step* held(std::string_view key, std::uint64_t holder, vap_status_t& why);

  Limits limits_;
  std::unordered_map<std::string, Step> steps_;
};

}  // namespace patchbay
