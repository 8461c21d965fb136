// SPDX-License-Identifier: MIT
// Streamable HTTP: a request for each letter, answered as JSON or as a stream of events. Keeps the
// session that a server may have given us.
#pragma once
#include <memory>
#include <mutex>
#include <string>

#include "house.h"
#include "mcp_link.h"

namespace llm {

class McpHttp final : public McpLink {
 public:
  McpHttp(House& house, const McpSettings& settings, Ears ears)
      : house_(house), settings_(settings), ears_(std::move(ears)) {}

  void begin_anew() override;
  bool send(const mcp::Letter& letter, Ms limit, const vap::speech* of, Heard heard) override;
  void cancel(int) override {}  // the host cuts it with its turn
  // Since 2026-07-28 a request that is cut says it by itself.
  bool tells_of_cancelled(const std::string& version) const override {
    return version != mcp::plain_version;
  }
  void end() override {}  // the host cuts what is under way

 private:
  struct Exchange;
  void hear_head(Exchange& exchange, const vap::http_head& head);
  std::string session() const;

  House& house_;
  const McpSettings& settings_;
  const Ears ears_;
  mutable std::mutex mutex_;  // guards session_
  std::string session_;       // empty: the server has named none
};

}  // namespace llm
