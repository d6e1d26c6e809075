#include "host/direct/board.hpp"

#include <gtest/gtest.h>

namespace gantry::direct {
namespace {

TEST(Board, ADocumentIsFoundUntilItsLastJobIsFinished) {
  Board board;
  board.take("a", {"d1", "d2"});
  board.take("b", {"d1"});
  board.finish("a");
  EXPECT_TRUE(board.document("d1"));
  EXPECT_FALSE(board.document("d2"));
  board.finish("b");
  EXPECT_FALSE(board.document("d1"));
  EXPECT_EQ(board.size(), 0U);
}

TEST(Board, TakingAJobAgainKeepsItsTriesAndItsReason) {
  Board board;
  board.take("a", {"d1"});
  board.put_off("a", "away");
  board.put_off("a", "still away");
  board.take("a", {"d1"});
  ASSERT_TRUE(board.document("d1"));
  EXPECT_EQ(board.document("d1")->tries, 2);
  EXPECT_EQ(board.document("d1")->reason, "still away");
  EXPECT_EQ(board.waiting(), 1U);
}

TEST(Board, WhatWasLostIsRememberedForTheLastThousand) {
  Board board;
  for (int i = 0; i < 1'001; ++i) board.lost("d" + std::to_string(i), "unreadable");
  EXPECT_FALSE(board.why_lost("d0"));
  EXPECT_EQ(board.why_lost("d1").value_or(""), "unreadable");
}

TEST(Board, FinishingAnUnknownJobChangesNothing) {
  Board board;
  board.take("a", {"d1"});
  board.finish("b");
  EXPECT_EQ(board.size(), 1U);
}

}  // namespace
}  // namespace gantry::direct
