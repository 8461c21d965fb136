// SPDX-License-Identifier: MIT
#include "state/outbox.h"

#include <utility>

namespace patchbay {

void Outbox::post(std::vector<RecordChange> changes, Scribe::Done done, Scribe::Pace pace) {
  ++posts_;
  scribe_.post({conversation_, std::move(changes), keep_},
               counted(std::move(done), Scribe::Outcome::conflict), pace);
}

std::shared_ptr<Ticket> Outbox::post_awaited(std::vector<RecordChange> changes) {
  auto ticket = std::make_shared<Ticket>();
  post(
      std::move(changes), [ticket](Scribe::Outcome outcome) { ticket->say(outcome); },
      Scribe::Pace::now);
  return ticket;
}

// Counts as unwritten until then, so that nobody reads what is still there.
void Outbox::post_forget(Scribe::Done done) {
  scribe_.post_forget(conversation_, counted(std::move(done), Scribe::Outcome::lost));
}

// Something is unwritten until it has its end; `overtaking`: after which the store holds something
// else than the book.
Scribe::Done Outbox::counted(Scribe::Done done, Scribe::Outcome overtaking) {
  ++told_->unwritten;
  return [told = told_, done = std::move(done), overtaking](Scribe::Outcome outcome) {
    if (outcome == overtaking) told->overtaken = true;
    if (outcome != Scribe::Outcome::late) --told->unwritten;
    if (done) done(outcome);
  };
}

}  // namespace patchbay
