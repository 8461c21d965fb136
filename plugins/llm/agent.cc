// SPDX-License-Identifier: MIT
//
// llm - an agent that a model speaks for, from configuration alone: OpenAI-compatible servers,
// Gemini and Anthropic, one standing in for another. This file is the border to the host.
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vap/http.hpp>
#include <vap/tool.hpp>
#include <vap/vap.hpp>

#include "acts.h"
#include "answer.h"
#include "dialect.h"
#include "house.h"
#include "prompt.h"
#include "settings.h"
#include "talk.h"
#include "toolbox.h"

namespace llm {
namespace {

constexpr std::string_view without_model = "I have no model to think with yet.";
constexpr Ms longest_trial{10'000};
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
    if (sources_.empty()) warn("no providers are configured, so no model is asked");
    for (const auto& source : sources_) try_out(source->provider);
    toolbox_ = std::make_unique<Toolbox>(*this, settings_);
    toolbox_->start();
  }

  void stop() override {
    if (toolbox_) toolbox_->stop();
  }

  void on_session_start(vap::turn& t) override {
    if (settings_.welcome.empty()) return t.pass();
    t.say(settings_.welcome);
  }

  void on_message(vap::turn& t) override {
    if (sources_.empty()) {
      t.say(without_model);
      return;
    }
    const vap::history lines = t.history(0, settings_.history_tokens * bytes_in_a_token);
    Talk talk = talk_of(prompt_->text(), lines.begin(), lines.end(), t.text());
    talk.tools = toolbox_->tools();
    Acts acts(lines.begin(), lines.end(), t.turn_id());
    const auto answer =
        std::make_shared<Answer>(*this, sources_,
                                 Answer::Wish{std::move(talk), std::move(acts), settings_.ear,
                                              settings_.max_rounds, settings_.hedge},
                                 t.defer());
    remember(answer);
    answer->begin();
  }

  void on_cancel(vap_reply_t reply, vap_cancel_t) override {
    std::shared_ptr<Answer> answer;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      const auto found = answers_.find(reply);
      if (found != answers_.end()) answer = found->second.lock();
    }
    if (answer) answer->cancel();
  }

 private:
  // Asks for the list of models: whom the host does not let us reach, or a secret that is not
  // there, is refused before any caller hears of it; a key that is not taken is said; and the
  // connection is open when the first caller comes.
  void try_out(const Provider& provider) {
    vap::http_call call = http_.get(provider.url + "/models");
    for (const auto& [name, value] : ask(provider, {}).headers) call.header(name, value);
    vap::http_timeouts timeouts;
    timeouts.whole = longest_trial;
    const auto refused = std::make_shared<std::string>();
    call.timeouts(timeouts).on_end(
        [this, refused, name = provider.name()](const vap::http_end& how) {
          *refused = how.message;
          const bool is_lost = how.status == VAP_E_FAILED || how.status == VAP_E_DEADLINE;
          if (is_lost || how.http_status == 401 || how.http_status == 403)
            warn(name + ": " + how.why());
        });
    // One that is refused ends before send() returns.
    if (call.send() == 0) throw std::invalid_argument(provider.key + ": " + *refused);
  }

  // Only where there are tools is there anything to do for a turn that was cancelled.
  void remember(const std::shared_ptr<Answer>& answer) {
    if (toolbox_->is_empty()) return;
    const std::lock_guard<std::mutex> lock(mutex_);
    answers_[answer->id()] = answer;
  }
  void farewell(vap_reply_t reply) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    answers_.erase(reply);
  }

  vap::http& http() override { return http_; }
  vap::tools& functions() override { return functions_; }
  vap::task_id call_later(Ms delay, std::function<void()> f) override {
    return after(delay, std::move(f));
  }
  void forget(vap::task_id task) override {
    if (task != 0) cancel_task(task);
  }
  void warn(std::string_view text) override { log(vap::level::warn, text); }
  void tell(std::string_view text) override { log(vap::level::info, text); }
  void add(std::string_view metric) override { count(metric); }
  void note(std::string_view metric, double value) override { observe(metric, value); }

  vap::http http_{abi()};
  vap::tools functions_{abi()};
  Settings settings_;
  std::unique_ptr<Prompt> prompt_;
  Sources sources_;
  std::unique_ptr<Toolbox> toolbox_;
  std::mutex mutex_;  // guards answers_
  std::map<vap_reply_t, std::weak_ptr<Answer>> answers_;
};

}  // namespace
}  // namespace llm

VAP_ENTRY(llm::Llm)
