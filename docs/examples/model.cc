// SPDX-License-Identifier: MIT
#include <string>
#include <vap/http.hpp>
#include <vap/vap.hpp>

using namespace std::chrono_literals;

// Lets a model answer: any that speaks OpenAI's chat completions.
class Model : public vap::agent {
 public:
  using vap::agent::agent;  // so that members may already ask the host

  void on_message(vap::turn& t) override {
    std::string messages = R"({"role":"system","content":)" + vap::quote(prompt_) + "}";
    for (auto& line : t.history(20, 8000)) {  // the last is what the caller just said
      messages += R"(,{"role":")" + std::string(line.role()) + R"(","content":)";
      messages += vap::quote(line.text) + "}";
    }
    http_
        .post(url_, R"({"stream":true,"model":)" + vap::quote(model_) + R"(,"messages":[)" +
                        messages + "]}")
        .header("Authorization", "Bearer {secret:model}")  // which this agent never reads
        .timeouts({2s, 5s, 5s, 25s})  // to connect, to the first byte, between two, in all
        .on_event([](vap::reply& r, const vap::sse_event& e) {
          if (auto word = vap::json_field(e.data, "choices.0.delta.content")) r.say(*word);
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
  std::string setting(std::string_view name, std::string_view usual) {
    return vap::json_field(config(), name).value_or(std::string(usual));
  }
  const std::string url_ = setting("url", "https://api.openai.com/v1/chat/completions");
  const std::string model_ = setting("model", "gpt-4o-mini");
  const std::string prompt_ = setting("prompt", "You are on the phone. Answer in one sentence.");
  vap::http http_{abi()};
};

VAP_AGENT(Model, R"({"id":"com.example.model","name":"Model","version":"1.0.0",
                     "uses":["vap.http/1","vap.history/1"]})")
