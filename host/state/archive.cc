// SPDX-License-Identifier: MIT
#include "state/archive.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace patchbay {
namespace {

// A turn that needs a new book makes room for it, but does not clear the whole archive.
constexpr std::size_t looks_of_a_turn = 4;

// A host's mark is as good as any: two of one fleet have the same once in thousands of fleets, and
// then all is as it is with the marks of hosts that always hear of each other.
Book::Limits marked(Book::Limits limits, Revisions& revisions) {
  limits.history.mark = 1 + revisions.next() % (History::marks - 1);
  return limits;
}

}  // namespace

Archive::Archive(Store& store, Scribe& scribe, Limits limits, Log& log, Fleet* fleet)
    : limits_(limits),
      room_(limits.waiting_bytes),
      desk_{.store = store,
            .scribe = scribe,
            .revisions = revisions_,
            .room = room_,
            .limits = fleet == nullptr ? limits.book : marked(limits.book, revisions_),
            .keep = limits.keep,
            .keep_after_end = limits.keep_after_end,
            .window = limits.window,
            .fleet = fleet,
            .on_read = [this](std::string_view name, const Problem& dark) { tell(dark, name); }},
      log_(log) {}

std::shared_ptr<Book> Archive::book(const std::string& name, Moment now) {
  std::vector<std::shared_ptr<Book>> gone;  // dies after the lock
  const std::lock_guard lock(mutex_);
  if (const auto found = by_name_.find(name); found != by_name_.end()) {
    found->second->used = now;
    if (desk_.fleet != nullptr) found->second->book->distrust();
    order_.splice(order_.end(), order_, found->second);
    return found->second->book;
  }
  put_back(now, std::min(order_.size(), looks_of_a_turn), gone);
  const auto at = order_.insert(order_.end(), Place{std::make_shared<Book>(desk_, name), now});
  by_name_.emplace(name, at);
  return at->book;
}

void Archive::tell(const Problem& dark, std::string_view name) {
  if (dark) {
    const std::lock_guard lock(mutex_);
    last_error_ = dark;
  }
  if (dark && is_refusal(*dark)) {
    const auto [agent, conversation] = parts_of_conversation_name(name);
    log_.error("a conversation cannot be read",
               {{"agent", agent}, {"conversation", conversation}, {"why", dark->text()}});
    return tell({});
  }
  if (is_unreadable_.exchange(dark.has_value()) == dark.has_value()) return;
  if (dark) {
    log_.error("conversations cannot be read",
               {{"why", dark->text()},
                {"next", "turns go on; agents are told that nothing is known of what was before"}});
  } else {
    log_.info("conversations can be read again");
  }
}

void Archive::read_again(bool at_once) {
  std::vector<std::shared_ptr<Book>> waiting;
  {
    const std::lock_guard lock(mutex_);
    for (const Place& place : order_) {
      if (place.book->waiting() > 0) waiting.push_back(place.book);
    }
  }
  const auto store_is_away = [this] {
    const Result<std::vector<Record>> anything = desk_.store.load("");
    tell(anything ? Problem() : anything.error());
    return !anything;
  };
  for (const auto& book : waiting) {
    // One that cannot be read is no reason to keep the others waiting; a store that is away is.
    if (book->open(at_once) && store_is_away()) return;
  }
  if (waiting.empty() && !is_readable()) static_cast<void>(store_is_away());
}

void Archive::tidy(Moment now) {
  std::vector<std::shared_ptr<Book>> gone;
  const std::lock_guard lock(mutex_);
  put_back(now, order_.size(), gone);
}

// Looks at the oldest, as long as they are to go. One that is in use goes to the end of the line.
void Archive::put_back(Moment now, std::size_t looks, std::vector<std::shared_ptr<Book>>& gone) {
  for (; looks > 0; --looks) {
    const auto at = order_.begin();
    if (order_.size() < limits_.books && at->used + limits_.unused > now) return;
    if (at->book.use_count() > 1 || at->book->has_unwritten()) {
      order_.splice(order_.end(), order_, at);
      at->used = now;
      continue;
    }
    by_name_.erase(at->book->name());
    gone.push_back(std::move(at->book));
    order_.erase(at);
  }
}

// Under the lock, so that no turn has the new book before what is there is on its way out.
void Archive::forget(const std::string& name, Moment now, Scribe::Done done) {
  auto fresh = std::make_shared<Book>(desk_, name);
  std::shared_ptr<Book> old;  // dies after the lock
  const std::lock_guard lock(mutex_);
  if (const auto found = by_name_.find(name); found != by_name_.end()) {
    old = std::exchange(found->second->book, fresh);
    old->strike();
  } else {
    by_name_.emplace(name, order_.insert(order_.end(), Place{fresh, now}));
  }
  fresh->begin_anew(std::move(done));
}

Problem Archive::last_error() const {
  const std::lock_guard lock(mutex_);
  return last_error_;
}

std::size_t Archive::books() const {
  const std::lock_guard lock(mutex_);
  return order_.size();
}

}  // namespace patchbay
