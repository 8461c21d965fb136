// SPDX-License-Identifier: MIT
// The answer to a turn that is delivered again (decision 0012): its agent does not run again for
// it. What is known of the first delivery comes from this host's memory, or from the history.
#pragma once
#include <memory>
#include <string_view>

#include "codec/config.h"
#include "ground/log.h"
#include "ground/result.h"
#include "state/deliveries.h"
#include "state/metrics.h"
#include "state/replies.h"

namespace patchbay {

class Repeats {
 public:
  // Both outlive it.
  Repeats(Duplicates duplicates, Metrics& metrics, Log& log)
      : duplicates_(duplicates), metrics_(metrics), log_(log) {}

  // The turn runs, and its answer goes on over the newer connection. False where that may not be,
  // or where it is over by now: give() then. [any]
  bool move(Reply& running, const Reply& asked, const std::shared_ptr<Stream>& stream);
  // The turn is over: its answer, byte for byte, where it is still kept. `stream` is null where
  // nobody waits for an answer. The Error (delivered_twice): nothing was written. [any]
  [[nodiscard]] Problem give(const Recorded& over, bool overtaken, const Reply& asked,
                             Stream* stream);
  // The same for one that the history knows: closes the reply, with its answer or with refusal().
  // False where it was closed already. [any]
  bool give(const KnownTurns::Before& before, Reply& asked);
  // What a repeat is told where repeats are refused; nothing where they are not. [any]
  [[nodiscard]] Problem refusal() const;

 private:
  [[nodiscard]] bool refuses() const { return duplicates_ == Duplicates::refuse; }
  void note(const Reply& asked, std::string_view how);
  void warn_incomplete(const Reply& asked, std::string_view what);

  const Duplicates duplicates_;
  Metrics& metrics_;
  Log& log_;
};

}  // namespace patchbay
