// SPDX-License-Identifier: MIT
#include <string>
#include <vap/vap.hpp>

class Tables : public vap::agent {
 public:
  void start() override { tables_ = vap::json_field<int>(config(), "tables").value_or(tables_); }

  void on_session_start(vap::turn& t) override { t.say("Good evening. A table for tonight?"); }

  void on_message(vap::turn& t) override {
    int booked = 0;
    bool full = false;
    const bool stored = t.state().update("booked", [&](const std::optional<std::string>& old) {
      booked = vap::json_field<int>(old.value_or("0"), "").value_or(0);
      full = booked >= tables_;
      return std::to_string(full ? booked : ++booked);
    });
    if (!stored) return;  // the caller spoke again meanwhile: nothing was changed, so say nothing
    t.say(full ? "I am sorry, we are full." : "That makes " + std::to_string(booked) + ".");
    t.data(screen(booked));
  }

  void on_data(vap::turn& t) override {  // the screen sent {"action":"show"}
    if (vap::json_field(t.json(), "data.action") != "show") return;
    t.data(screen(vap::json_field<int>(t.state().get("booked").value_or("0"), "").value_or(0)));
  }

 private:
  static std::string screen(int booked) { return "{\"booked\":" + std::to_string(booked) + "}"; }

  int tables_ = 4;  // set in start(), then only read: turns run at once
};

VAP_AGENT(Tables, R"({
  "id": "com.example.tables", "name": "Tables", "version": "1.0.0", "uses": ["vap.state/1"],
  "config_schema": {
    "type": "object",
    "properties": {"tables": {"type": "integer", "minimum": 1, "maximum": 100}},
    "additionalProperties": false
  }
})")
