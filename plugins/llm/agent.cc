// SPDX-License-Identifier: MIT
//
// llm - an agent that a model speaks for, from configuration alone: OpenAI-compatible servers,
// Gemini and Anthropic, one standing in for another. This file is the border to the host.
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vap/http.hpp>
#include <vap/vap.hpp>

#include "answer.h"
#include "house.h"
#include "prompt.h"
#include "settings.h"
#include "talk.h"

namespace llm {
namespace {

constexpr std::size_t bytes_in_a_token = 4;  // about; of English, and less of others

class Llm final : public vap::agent, public House {
 public:
  using vap::agent::agent;

  void start() override {
    settings_ = read_settings(config());
    prompt_ = settings_.prompt_file.empty() ? std::make_unique<Prompt>(settings_.prompt)
                                            : Prompt::from_file(settings_.prompt_file);
    for (const Provider& provider : settings_.providers)
      sources_.push_back(std::make_unique<Source>(provider));
    if (sources_.empty()) warn("no providers are configured: every turn will fail");
  }

  void on_session_start(vap::turn& t) override {
    if (settings_.welcome.empty()) return t.pass();
    t.say(settings_.welcome);
  }

  void on_message(vap::turn& t) override {
    if (sources_.empty()) return t.fail("no providers are configured");
    const vap::history lines = t.history(0, settings_.history_tokens * bytes_in_a_token);
    Talk talk = talk_of(prompt_->text(), lines.begin(), lines.end(), t.text());
    std::make_shared<Answer>(*this, sources_, Answer::Wish{std::move(talk), settings_.ear},
                             t.defer())
        ->begin();
  }

 private:
  vap::http& http() override { return http_; }
  vap::task_id call_later(Ms delay, std::function<void()> f) override {
    return after(delay, std::move(f));
  }
  void forget(vap::task_id task) override {
    if (task != 0) cancel_task(task);
  }
  void warn(std::string_view text) override { log(vap::level::warn, text); }
  void add(std::string_view metric) override { count(metric); }
  void note(std::string_view metric, double value) override { observe(metric, value); }

  vap::http http_{abi()};
  Settings settings_;
  std::unique_ptr<Prompt> prompt_;
  Sources sources_;
};

}  // namespace
}  // namespace llm

VAP_ENTRY(llm::Llm)
