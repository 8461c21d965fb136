// SPDX-License-Identifier: MIT
//
// Uses all of vap.hpp and http.hpp once, so that whatever the headers bring into a plugin shows in
// this one.
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vap/http.hpp>
#include <vap/vap.hpp>

using namespace std::chrono_literals;

struct Everything : vap::agent {
  using vap::agent::agent;

  void start() override { log(vap::level::info, agent_id()); }
  void stop() override { kept_.end(); }

  void on_message(vap::turn& t) override {
    const auto add = [](const std::optional<std::string>& n) { return n.value_or("") + "x"; };
    if (!t.state().update("n", add) || !t.state().erase("m")) t.fail("no memory");
    if (t.cancelled() || t.time_left_ms() < 100 || t.try_say("a") < 0) return;
    t.data("{\"tables\":" + vap::quote(std::to_string(tables_ + share_)) + "}");
    cancel_task(after(1h, [owned = std::make_unique<int>(1)] { (void)*owned; }));
    count("turns");
    observe("share", share_);
    if (!open_ && t.hangup()) return;
    after(1s, t.defer(), [](vap::reply& r) { r.say("b"); });
  }
  void on_session_start(vap::turn& t) override { kept_ = t.defer(); }
  void on_data(vap::turn& t) override {
    if (!http_ || !http_.warm("https://api.example.com")) return;
    http_.post("https://api.example.com/v1/chat", t.json())
        .header("Authorization", "Bearer {secret:example}")
        .timeouts({1s, 5s, 5s, 60s})
        .follow_redirects()
        .most_body(1000)
        .on_head([this](const vap::http_head& h) { log(vap::level::info, h.header("server")); })
        .on_event([](vap::reply& r, const vap::sse_event& e) { r.say(e.data); })
        .on_end([](vap::reply& r, const vap::http_end& e) {
          if (!e.ok() && !e.cancelled()) r.fail(e.why());
        })
        .send(t.defer());
    const auto piece = [](std::string_view bytes) { (void)bytes; };
    http_.cancel(http_.get("https://api.example.com/a").on_chunk(piece).send(t));
    http_.request("PUT", "https://api.example.com/b", "b").send();
  }
  void on_event(vap::turn& t) override { log(vap::level::warn, t.event()); }
  void on_cancel(vap_reply_t reply, vap_cancel_t) override {
    if (reply == kept_.id()) kept_.fail("cancelled");
  }
  void selftest() override { vap::json_raw(config(), "a.0").value(); }
  std::string save() override { return greeting_; }
  void load(std::string_view, std::string_view bytes) override { greeting_ = bytes; }

 private:
  std::string greeting_ = vap::json_field(config(), "greeting").value_or("Hello");
  const int tables_ = vap::json_field<int>(config(), "tables").value_or(4);
  const double share_ = vap::json_field<double>(config(), "share").value_or(0.5);
  const bool open_ = vap::json_field<bool>(config(), "open").value_or(true);
  vap::reply kept_;
  vap::http http_{abi()};
};

VAP_AGENT(Everything, R"({
  "id": "com.example.everything-cpp",
  "name": "Everything",
  "version": "1.0.0"
})")
