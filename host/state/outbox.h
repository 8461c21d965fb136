// SPDX-License-Identifier: MIT
// What one conversation hands to the scribe, in its order, and what became of that: so that its
// book knows whether what it reads from the store is older, or newer, than what it has.
#pragma once
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "ground/clock.h"
#include "machine/store.h"
#include "state/scribe.h"
#include "state/ticket.h"

namespace patchbay {

// Whoever has one guards it; the scribe may outlive it.
class Outbox {
 public:
  Outbox(Scribe& scribe, std::string conversation, Milliseconds keep)
      : scribe_(scribe), conversation_(std::move(conversation)), keep_(keep) {}

  // The conversation is forgotten so long after the last change.
  void keep_for(Milliseconds keep) { keep_ = keep; }

  // Without changes it only prolongs the time that the conversation is kept.
  void post(std::vector<RecordChange> changes, Scribe::Done done = {},
            Scribe::Pace pace = Scribe::Pace::gathered);
  std::shared_ptr<Ticket> post_awaited(std::vector<RecordChange> changes);
  // All that the store has of the conversation goes.
  void post_forget(Scribe::Done done);

  [[nodiscard]] std::uint64_t posts() const { return posts_; }  // Writes so far
  // Has something of it had no end yet?
  [[nodiscard]] bool has_unwritten() const { return told_->unwritten > 0; }
  // Another host's Write was faster than one of these, or nothing was forgotten: the store holds
  // something else than the book.
  [[nodiscard]] bool is_overtaken() const { return told_->overtaken; }
  void set_overtaken(bool overtaken) { told_->overtaken = overtaken; }

 private:
  struct Told {
    std::atomic<std::size_t> unwritten = 0;
    std::atomic<bool> overtaken = false;
  };
  Scribe::Done counted(Scribe::Done done, Scribe::Outcome overtaking);

  Scribe& scribe_;
  const std::string conversation_;
  Milliseconds keep_;
  std::uint64_t posts_ = 0;
  const std::shared_ptr<Told> told_ = std::make_shared<Told>();
};

}  // namespace patchbay
