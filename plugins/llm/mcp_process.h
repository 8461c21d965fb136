// SPDX-License-Identifier: MIT
// A server that is a program of the operator's: a line of JSON for each letter on its standard
// input and output, and what it writes to standard error goes to the log. One thread serves it, and
// ends with it. A program that has ended is started again by begin_anew().
#pragma once
#include <chrono>
#include <map>
#include <mutex>
#include <string>
#include <thread>

#include "house.h"
#include "mcp_link.h"
#include "program.h"

namespace llm {

class McpProcess final : public McpLink {
 public:
  McpProcess(House& house, const McpSettings& settings, Ears ears);
  ~McpProcess() override { end(); }

  void begin_anew() override;
  bool send(const mcp::Letter& letter, Ms limit, const vap::speech* of, Heard heard) override;
  void cancel(int id) override;
  bool tells_of_cancelled(const std::string&) const override { return true; }
  void end() override;

 private:
  using Clock = std::chrono::steady_clock;
  struct Awaited {
    Heard heard;
    Clock::time_point until;
  };
  struct Life;

  // All of these on the thread.
  void serve();
  void live(unsigned number);
  unsigned wanted() const;  // 0: none any more
  void move(Life& life);
  void write(Life& life);
  void read_lines(Life& life);
  void hear(Life& life, const std::string& line);
  void read_errors(Life& life);
  void note(Life& life, const std::string& line);
  static std::string let_end(Life& life);
  void close(const Life& life, const std::string& why);

  // Milliseconds until the next letter is too late; those that are have been told.
  int tell_late();
  // On a thread of the host's, that may take its time.
  void tell(const Heard& heard, const mcp::Reply& reply);
  void wake() const;

  House& house_;
  const McpSettings& settings_;
  const Ears ears_;
  Fd wakeful_;                // an eventfd, for the thread to poll
  mutable std::mutex mutex_;  // guards everything below
  unsigned wanted_ = 0;       // the number of the life that is wanted; 0: none has been
  bool alive_ = false;        // letters are taken: it runs, or will at once
  bool over_ = false;
  std::string outgoing_;
  std::map<int, Awaited> awaited_;
  std::thread thread_;
};

}  // namespace llm
