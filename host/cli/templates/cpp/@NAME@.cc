#include <vap/vap.hpp>

struct @CLASS@ : vap::agent {
  void on_message(vap::turn& t) override {
    t.say("You said: ");
    t.say(t.text());
  }
};
VAP_AGENT(@CLASS@, R"({"id":"com.example.@NAME@","name":"@CLASS@","version":"1.0.0"})")
