// SPDX-License-Identifier: MIT
// The one thread that writes into the store, so that no turn ever waits for it: takes down what is
// to be written, writes what has gathered as one batch, and goes on trying while the store is down.
// What cannot be kept any longer, or is refused by a store that works, is reported lost, to whoever
// gave it, in the log and in standing().
#pragma once
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <vector>

#include "ground/clock.h"
#include "ground/log.h"
#include "ground/timers.h"
#include "machine/store.h"

namespace patchbay {

class Scribe {
 public:
  enum class Outcome {
    written,
    conflict,  // the store holds something else by now; nothing of this was written
    late,      // it takes longer than the budget; it is kept, and its end will be told as well
    lost,      // it will never be written
  };
  // Called on the scribe's thread or the timers', or inside post() for what is lost at once; under
  // no lock. Perhaps once with `late`, then exactly once with another. Must be short.
  using Done = std::function<void(Outcome)>;

  enum class Pace {
    now,       // somebody waits for it: it goes with what is there
    gathered,  // nobody does: it goes with what comes in the next moments, see Limits::gather
  };

  struct Limits {
    std::size_t batch_writes = 128;  // of as many conversations; no more is gathered either
    std::size_t batch_bytes = 1024 * 1024;
    std::size_t write_bytes = 8 * 1024 * 1024;     // a larger Write is lost at once
    std::size_t waiting_writes = 100'000;          // more are lost: a store was down for long
    std::size_t waiting_bytes = 64 * 1024 * 1024;  // the same
    Milliseconds gather{10};                       // so long nobody's Write may wait for others
    Milliseconds budget{100};                      // after it a Write is late
    Milliseconds first_pause{20};                  // before the store is tried again; doubled
    Milliseconds longest_pause{500};
    Milliseconds calm{10'000};         // a store is slow until so long after a Write was late
    Milliseconds sweep_every{60'000};  // how often to ask the store to take away what is over
  };

  struct Standing {
    std::optional<Moment> down_since;  // nothing: the last batch went through
    std::optional<Moment> slow_since;  // Writes take longer than the budget, or just did
    // Why it was down, or refused something; stays to be read afterwards.
    std::optional<Error> last_error;
    std::size_t waiting = 0;  // Writes
    std::size_t waiting_bytes = 0;
    std::uint64_t written = 0;  // since the start, as are those below
    std::uint64_t conflicts = 0;
    std::uint64_t late = 0;
    std::uint64_t lost = 0;
  };

  // All of them outlive it.
  Scribe(Store& store, Timers& timers, Log& log);  // with the limits as they stand above
  Scribe(Store& store, Timers& timers, Log& log, Limits limits);
  // What still waits is lost: flush() first.
  ~Scribe();
  Scribe(const Scribe&) = delete;
  Scribe& operator=(const Scribe&) = delete;

  // Writes it soon, after everything of its conversation that was posted before. `done` may be
  // empty. Of what is gathered, and asks for no revision, the Writes of one conversation become
  // one: a turn that is over at once is written once. [any]
  void post(Write write, Done done, Pace pace = Pace::now);
  // Forgets the conversation, after everything that was posted of it before. [any]
  void post_forget(std::string conversation, Done done);

  // Something was never posted, since there is no room for it elsewhere: counts and tells it with
  // what is lost here. [any]
  void lose(std::string_view why);

  // Waits until all that was posted before has had its end, and that was told. False where it takes
  // longer. [any]
  bool flush(Milliseconds most);
  [[nodiscard]] Standing standing() const;  // [any]

 private:
  struct Answer {
    Outcome outcome = Outcome::written;
    Problem why = {};  // where it is lost
  };
  using Answers = std::vector<Answer>;
  struct Entry {
    Write write;
    bool forgets = false;  // the whole conversation, instead
    std::size_t bytes = 0;
    Pace pace = Pace::now;
    Moment ripe_at;  // until then it may wait for others
    Moment late_at;
    Done done;
    std::size_t posts = 1;  // so many became this one
  };

  void work();
  void wait_for_work(std::unique_lock<std::mutex>& lock);
  [[nodiscard]] bool is_ripe_locked(Moment now) const;
  void enter(Entry entry);
  bool join_locked(Entry& entry);
  void push_locked(Entry entry, bool may_be_joined);
  std::size_t next_batch_locked() const;
  void write_batch(std::unique_lock<std::mutex>& lock);
  Result<Answers> perform(std::span<const Write> batch, bool forgets);
  Result<Answers> perform_each(std::span<const Write> batch);
  void settle(std::unique_lock<std::mutex>& lock, std::span<const Write> batch,
              const Answers& answers);
  void count_locked(const Entry& entry, const Answer& answer, std::string_view conversation);
  void lose_locked(std::string_view why);
  void went_down_locked(const Error& error);
  void came_up_locked();
  void went_slow_locked(Moment now);
  void calm_down_locked();
  [[nodiscard]] bool is_calm_locked() const;
  void sweep(std::unique_lock<std::mutex>& lock);
  void ring();
  void set_alarm_locked();

  Store& store_;
  Timers& timers_;
  Log& log_;
  const Limits limits_;
  mutable std::mutex mutex_;  // guards everything below but thread_; not held while the store works
  std::condition_variable wake_;  // the scribe: there is work, or an end
  std::condition_variable ends_;  // flush(): something has had its end
  std::condition_variable told_;  // ring() has told what is late
  std::deque<Entry> waiting_;     // in the order of post(); the batch being written stays in front
  // Those of waiting_ that a later Write of the conversation may join: each its last, and never yet
  // given to the store, which might have done it.
  std::unordered_map<std::string, Entry*> open_;
  std::size_t hasty_ = 0;     // of waiting_ that somebody waits for
  std::size_t flushing_ = 0;  // calls of flush(): nothing is gathered for
  std::size_t waiting_bytes_ = 0;
  std::size_t said_late_ = 0;  // so many in front have been told
  Timers::Id alarm_ = 0;       // for the first that has not; 0: none is set
  bool telling_ = false;       // ring() tells somebody that it is late
  std::uint64_t entered_ = 0;  // Writes so far; what joined another counts with that
  std::uint64_t ended_ = 0;    // so many of them, the first, have had their end, and it was told
  Milliseconds pause_{0};
  Moment sweep_at_;
  Moment late_at_{};  // when something was late last
  Standing standing_;
  bool losing_ = false;  // something was lost since the last batch went through
  std::uint64_t lost_when_told_ = 0;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace patchbay
