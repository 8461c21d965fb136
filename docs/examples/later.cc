// SPDX-License-Identifier: MIT
#include <string>
#include <vap/vap.hpp>

using namespace std::chrono_literals;

class Later : public vap::agent {
 public:
  void on_message(vap::turn& t) override {
    t.say("Let me look that up.");
    // The turn and its text die when this method returns: copy what the task shall need.
    after(2s, t.defer(), [question = std::string(t.text())](vap::reply& r) {
      r.say(" You asked: " + question);  // false, and nothing is sent, where the caller is gone
    });
  }
};

VAP_AGENT(Later,
          R"({"id":"com.example.later","name":"Later","version":"1.0.0","uses":["vap.task/1"]})")
