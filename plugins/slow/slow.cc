// SPDX-License-Identifier: MIT
//
// slow - speaks, waits, speaks, as an agent does that asks a database or a model. Shows replies
// that are kept and ended later by tasks of the host (vap.task/1): nothing waits on a thread, and a
// caller who interrupts ends the wait at once (vap.cancel/1).
#include <chrono>
#include <map>
#include <mutex>
#include <stdexcept>
#include <string_view>
#include <utility>
#include <vap/vap.hpp>

namespace {

class Slow : public vap::agent {
 public:
  void start() override {
    parts_ = vap::json_field<int>(config(), "parts").value_or(parts_);
    gap_ = std::chrono::milliseconds(vap::json_field<int>(config(), "gap_ms").value_or(5000));
    if (parts_ < 1 || gap_.count() < 0) throw std::invalid_argument("parts or gap_ms is too small");
  }

  void on_session_start(vap::turn& t) override { t.say("Ask me anything, but I take my time."); }

  void on_message(vap::turn& t) override {
    t.say("Let me check that for you.");
    if (parts_ > 1) wait_for_next({t.defer(), 1, 0});
  }

  // Runs beside on_message and the tasks. A talk that is not in the map is being spoken by one of
  // them; it hears of the end from the host.
  void on_cancel(vap_reply_t id, vap_cancel_t) override {
    if (Talk talk = take(id); talk.reply) {
      cancel_task(talk.task);
      talk.reply.end();
    }
  }

 private:
  // An answer that waits for its next part.
  struct Talk {
    vap::reply reply;
    int spoken = 0;  // parts
    vap::task_id task = 0;
  };

  Talk take(vap_reply_t id) {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto node = talks_.extract(id);
    return node ? std::move(node.mapped()) : Talk();
  }

  void wait_for_next(Talk talk) {
    const vap_reply_t id = talk.reply.id();
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      talk.task = after(gap_, [this, id] { speak_next(id); });
      if (talk.task == 0) return talk.reply.fail("the host takes no more tasks");
      talks_.emplace(id, std::move(talk));
    }
    // on_cancel may have come before there was anything in the map to find.
    if (abi()->cancelled(abi(), id) != VAP_CANCEL_NONE) on_cancel(id, VAP_CANCEL_HANGUP);
  }

  void speak_next(vap_reply_t id) {
    Talk talk = take(id);
    if (!talk.reply) return;  // cancelled meanwhile
    const bool last = ++talk.spoken == parts_;
    const bool heard = talk.reply.say(last ? " Thank you for waiting, here is your answer."
                                           : " One more moment, please.");
    if (heard && !last) return wait_for_next(std::move(talk));
    talk.reply.end();
  }

  int parts_ = 3;
  std::chrono::milliseconds gap_{};

  std::mutex mutex_;  // guards talks_; not held while speaking, which may wait for the listener
  std::map<vap_reply_t, Talk> talks_;
};

}  // namespace

VAP_AGENT(Slow, R"({
  "id": "patchbay.slow", "name": "Slow", "version": "1.0.0", "license": "MIT",
  "uses": ["vap.task/1"],
  "config_schema": {
    "type": "object",
    "properties": {
      "parts": {
        "type": "integer", "minimum": 1, "maximum": 100, "default": 3,
        "description": "How many times it speaks in one answer."
      },
      "gap_ms": {
        "type": "integer", "minimum": 0, "maximum": 600000, "default": 5000,
        "description": "Milliseconds of silence between them."
      }
    },
    "additionalProperties": false
  }
})")
