// SPDX-License-Identifier: MIT
#include <string>
#include <vap/http.hpp>
#include <vap/vap.hpp>

using namespace std::chrono_literals;

// A model speaks; this code tells it what is left in the shop, and hangs up when it says so.
class Baker : public vap::agent {
 public:
  using vap::agent::agent;  // so that members may already ask the host

  void on_session_start(vap::turn& t) override { t.say("Corner Bakery. What can I do for you?"); }

  void on_message(vap::turn& t) override {
    std::string talk = message("system", "You sell bread on the phone. Answer in one sentence. " +
                                             stock() + " Call hang_up when all is said.");
    for (auto& line : t.history(20, 8000)) talk += "," + message(line.role(), line.text);
    const std::string model = vap::quote(setting("model"));
    http_
        .post(setting("url"), R"({"stream":true,"model":)" + model + R"(,"tools":)" + tools +
                                  R"(,"messages":[)" + talk + "]}")
        .header("Authorization", "Bearer {secret:model}")  // which this agent never reads
        .timeouts({2s, 5s, 5s, 25s})  // to connect, to the first byte, between two, in all
        .on_event([](vap::reply& r, const vap::sse_event& e) {
          if (auto words = vap::json_field(e.data, "choices.0.delta.content")) r.say(*words);
          if (vap::json_field(e.data, "choices.0.delta.tool_calls.0.function.name") == "hang_up")
            r.hangup();  // once all of it was heard
        })
        .on_end([this](vap::reply& r, const vap::http_end& e) {
          if (e.ok() || e.cancelled()) return;
          log(vap::level::warn, e.why());
          r.say("I cannot think right now.");
          r.end();
        })
        .send(t.defer());  // ends the reply behind on_end, and goes when the caller goes
  }

 private:
  static std::string stock() { return "12 croissants are left, and no rolls."; }  // yours: a till

  static std::string message(std::string_view role, std::string_view text) {
    return R"({"role":")" + std::string(role) + R"(","content":)" + vap::quote(text) + "}";
  }
  std::string setting(std::string_view name) const {
    return vap::json_field(config(), name).value_or("");
  }

  static constexpr const char* tools =
      R"([{"type":"function","function":{"name":"hang_up","description":"Ends the call."}}])";
  vap::http http_{abi()};
};

VAP_AGENT(Baker, R"({"id":"com.example.baker","name":"Baker","version":"1.0.0",
                     "uses":["vap.http/1","vap.history/1"]})")
