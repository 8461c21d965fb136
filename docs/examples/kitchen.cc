// SPDX-License-Identifier: MIT
#include <condition_variable>
#include <deque>
#include <mutex>
#include <string>
#include <thread>
#include <vap/vap.hpp>

class Kitchen : public vap::agent {
 public:
  void start() override {
    cook_ = std::thread([this] { work(); });
  }

  void stop() override {  // no turn and no reply is left; the thread must be gone when this returns
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      closing_ = true;
    }
    bell_.notify_one();
    if (cook_.joinable()) cook_.join();
  }

  void on_message(vap::turn& t) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    orders_.push_back({t.defer(), std::string(t.text())});
    bell_.notify_one();
  }

 private:
  struct Order {
    vap::reply reply;
    std::string dish;
  };

  void work() {
    std::unique_lock<std::mutex> lock(mutex_);
    for (;;) {
      bell_.wait(lock, [this] { return closing_ || !orders_.empty(); });
      if (orders_.empty()) return;
      Order order = std::move(orders_.front());
      orders_.pop_front();
      lock.unlock();  // say() may wait for a slow listener: never under a lock that turns need
      order.reply.say("Here is your " + order.dish + ".");
      order.reply.end();
      lock.lock();
    }
  }

  std::mutex mutex_;  // guards orders_ and closing_
  std::condition_variable bell_;
  std::deque<Order> orders_;
  bool closing_ = false;
  std::thread cook_;
};

VAP_AGENT(Kitchen, R"({"id":"com.example.kitchen","name":"Kitchen","version":"1.0.0"})")
