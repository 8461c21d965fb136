// SPDX-License-Identifier: MIT
#include <vap/vap.hpp>

struct Concierge : vap::agent {
  void on_message(vap::turn& t) override {
    t.say("At your service: ");
    t.say(t.text());
  }
};
VAP_AGENT(Concierge, R"({"id":"com.example.concierge","name":"Concierge","version":"1.0.0"})")
