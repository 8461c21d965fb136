// SPDX-License-Identifier: MIT
#include <vap/vap.hpp>

struct InCpp : vap::agent {
  void on_message(vap::turn& t) override {
    t.say("cpp: ");
    t.say(t.text());
  }
};

VAP_AGENT(InCpp, R"({"id":"com.example.in-cpp","name":"In C++","version":"1.0.0"})")
