// Shows the order in which a session sends: lanes first, logs of a lane in turn, never beyond credit, and again
// from where the peer stands after a rewind.
#include "node/core/sender.h"

#include <catch2/catch.hpp>

using namespace xinwang;

namespace sender_test {
namespace {

LogId log_of(std::uint8_t origin, Lane lane = Lane::records) {
    LogId log;
    log.origin.bytes.fill(origin);
    log.lane = lane;
    return log;
}

std::vector<SharedBytes> pieces(std::size_t count) {
    std::vector<SharedBytes> all;
    for (std::size_t i = 0; i < count; ++i)
        all.push_back(std::make_shared<const Bytes>(Bytes{static_cast<std::uint8_t>(i)}));
    return all;
}

void answer(Sender& sender, const LoadJob& job, std::size_t count = 2) {
    sender.loaded({job.session, job.log, job.seq, job.wanted, pieces(count)});
}

// Loads and answers until the sender wants nothing more; what was asked for, in order.
std::vector<std::pair<LogId, Seq>> load_all(Sender& sender, std::size_t count = 2) {
    std::vector<std::pair<LogId, Seq>> asked;
    while (const auto job = sender.next_load(1)) {
        asked.emplace_back(job->log, job->seq);
        answer(sender, *job, count);
    }
    return asked;
}

std::vector<Piece> frames(Sender& sender) {
    std::vector<Piece> sent;
    while (const auto frame = sender.next_frame()) sent.push_back(std::get<Piece>(*decode_message(*frame)));
    return sent;
}

// Loads and sends with credit without end; the batches begun, in order.
std::vector<std::pair<LogId, Seq>> run(Sender& sender) {
    sender.credit(1'000'000);
    std::vector<std::pair<LogId, Seq>> begun;
    for (;;) {
        load_all(sender);
        const auto sent = frames(sender);
        if (sent.empty()) return begun;
        for (const Piece& piece : sent)
            if (piece.index == 0) begun.emplace_back(piece.log, piece.seq);
    }
}

using Order = std::vector<std::pair<LogId, Seq>>;

}  // namespace

TEST_CASE("trust goes before rights, rights before records, however late they come") {
    Sender sender;
    const LogId records = log_of(1), rights = log_of(2, Lane::rights), trust = log_of(3, Lane::trust);
    sender.offer(records, 3, 0);
    sender.offer(rights, 2, 0);
    sender.offer(trust, 2, 0);
    REQUIRE(run(sender) ==
            Order{{trust, 0}, {trust, 1}, {rights, 0}, {rights, 1}, {records, 0}, {records, 1}, {records, 2}});

    sender.grown(records, 5);
    sender.grown(trust, 3);
    REQUIRE(run(sender) == Order{{trust, 2}, {records, 3}, {records, 4}});
}

TEST_CASE("logs of one lane take turns, one batch each, so that a backlog delays a neighbour by one batch") {
    Sender sender;
    const LogId long_one = log_of(1), short_one = log_of(2), late = log_of(3);
    sender.offer(long_one, 100, 96);
    sender.offer(short_one, 2, 0);
    sender.credit(1'000'000);
    const auto first = sender.next_load(1);
    REQUIRE(first->log == long_one);
    answer(sender, *first);
    sender.offer(late, 1, 0);
    REQUIRE(run(sender) == Order{{long_one, 96},
                                 {short_one, 0},
                                 {long_one, 97},
                                 {late, 0},
                                 {short_one, 1},
                                 {long_one, 98},
                                 {long_one, 99}});
}

TEST_CASE("only what the peer lacks is read, a few batches ahead") {
    Sender sender;
    sender.offer(log_of(1), 10, 10);
    sender.offer(log_of(2), 3, 5);  // the peer holds more than we do
    REQUIRE(!sender.next_load(1));
    REQUIRE(!sender.in_flight());

    sender.offer(log_of(3), 100, 40);
    const auto ahead = load_all(sender);
    REQUIRE(ahead.size() > 1);
    REQUIRE(ahead.size() < 20);
    REQUIRE(ahead.front().second == 40);
    REQUIRE(sender.in_flight());
}

TEST_CASE("nothing is sent beyond the credit, and a batch stops in the middle and goes on") {
    Sender sender;
    sender.offer(log_of(1), 2, 0);
    load_all(sender, 3);
    REQUIRE(frames(sender).empty());

    sender.credit(2);
    auto sent = frames(sender);
    REQUIRE(sent.size() == 2);
    REQUIRE((sent[0].index == 0 && sent[1].index == 1 && sent[1].count == 3));

    sender.credit(1);  // credit counts from the start and never shrinks
    REQUIRE(frames(sender).empty());
    sender.credit(4);
    sent = frames(sender);
    REQUIRE(sent.size() == 2);
    REQUIRE((sent[0].seq == 0 && sent[0].index == 2));
    REQUIRE((sent[1].seq == 1 && sent[1].index == 0));
}

TEST_CASE("batches leave in the order of their loads, though workers finish in another") {
    Sender sender;
    sender.offer(log_of(1), 3, 0);
    sender.credit(100);
    std::vector<LoadJob> jobs;
    while (const auto job = sender.next_load(1)) jobs.push_back(*job);
    REQUIRE(jobs.size() == 3);
    answer(sender, jobs[2]);
    answer(sender, jobs[1]);
    REQUIRE(frames(sender).empty());
    answer(sender, jobs[0]);
    const auto sent = frames(sender);
    REQUIRE(sent.size() == 6);
    for (std::size_t i = 0; i < sent.size(); ++i) REQUIRE((sent[i].seq == i / 2 && sent[i].index == i % 2));
}

TEST_CASE("acknowledgements move the peer forward, never back") {
    Sender sender;
    const LogId log = log_of(1);
    sender.offer(log, 4, 0);
    run(sender);
    REQUIRE(sender.in_flight());
    sender.held(log, 3);
    sender.held(log, 1);
    REQUIRE(sender.peer_size(log) == 3);
    REQUIRE(sender.in_flight());
    sender.held(log, 4);
    REQUIRE(!sender.in_flight());
    REQUIRE(sender.peer_size(log_of(9)) == 0);

    // The peer got further by another way: what it holds is not read again.
    sender.grown(log, 9);
    sender.held(log, 8);
    REQUIRE(run(sender) == Order{{log, 8}});
}

TEST_CASE("after a rewind the peer gets everything from where it stands, and only a batch begun is finished") {
    Sender sender;
    const LogId log = log_of(1), other = log_of(2);
    sender.offer(log, 6, 3);
    sender.offer(other, 1, 0);
    load_all(sender);
    sender.credit(1);
    REQUIRE(frames(sender).size() == 1);  // (log, 3) is begun

    sender.offer(log, 6, 1);
    REQUIRE(sender.peer_size(log) == 1);
    sender.credit(1'000);
    Order all;
    for (const Piece& piece : frames(sender)) all.emplace_back(piece.log, piece.seq);
    REQUIRE(all ==
            Order{{log, 3}, {other, 0}, {other, 0}});  // the begun batch's second piece, then the other log's
    REQUIRE(run(sender) == Order{{log, 1}, {log, 2}, {log, 3}, {log, 4}, {log, 5}});
}

TEST_CASE("loads under way at a rewind are still answered, and then dropped") {
    Sender sender;
    const LogId log = log_of(1);
    sender.offer(log, 2, 1);
    sender.credit(1'000);
    const auto stale = sender.next_load(1);
    REQUIRE(stale->seq == 1);
    sender.offer(log, 2, 0);
    std::vector<LoadJob> fresh;
    while (const auto job = sender.next_load(1)) fresh.push_back(*job);
    REQUIRE(fresh.size() == 2);
    answer(sender, *stale);
    for (const LoadJob& job : fresh) answer(sender, job);
    Order sent;
    for (const Piece& piece : frames(sender))
        if (piece.index == 0) sent.emplace_back(piece.log, piece.seq);
    REQUIRE(sent == Order{{log, 0}, {log, 1}});
}

TEST_CASE("a refused log waits without holding up the others, and begins again where the peer stands") {
    Sender sender;
    const LogId bad = log_of(1), good = log_of(2);
    sender.offer(bad, 4, 2);
    sender.offer(good, 2, 0);
    load_all(sender);
    sender.block(bad);
    REQUIRE(run(sender) == Order{{good, 0}, {good, 1}});
    sender.grown(bad, 5);
    REQUIRE(run(sender).empty());
    sender.held(good, 2);
    REQUIRE(!sender.in_flight());

    sender.unblock(bad);
    REQUIRE(run(sender) == Order{{bad, 2}, {bad, 3}, {bad, 4}});
}

TEST_CASE("a batch that the store cannot give stops its log and nothing else") {
    Sender sender;
    const LogId broken = log_of(1), whole = log_of(2);
    sender.offer(broken, 3, 0);
    sender.offer(whole, 1, 0);
    sender.credit(1'000);
    while (const auto job = sender.next_load(1)) {
        if (job->log == broken)
            sender.loaded({1, job->log, job->seq, false, refuse(Code::store_corrupt, "batches")});
        else
            answer(sender, *job);
    }
    const auto sent = frames(sender);
    REQUIRE(sent.size() == 2);
    REQUIRE(sent[0].log == whole);
    REQUIRE(!sender.next_load(1));
}

TEST_CASE("a batch that the peer asks for again goes first, once, and moves nothing of its log") {
    Sender sender;
    const LogId log = log_of(1), below = log_of(2);
    sender.offer(log, 5, 3);
    REQUIRE(sender.want(log, 1));
    REQUIRE(sender.want(below, 7));  // of a log that is not sent to this peer at all
    REQUIRE(run(sender) == Order{{log, 1}, {below, 7}, {log, 3}, {log, 4}});
    REQUIRE(sender.peer_size(log) == 3);
    REQUIRE(run(sender).empty());
}

TEST_CASE(
    "what is asked for and cannot be read stops nothing, a rewind does not forget it, and there are at most "
    "eight") {
    Sender sender;
    const LogId log = log_of(1);
    sender.offer(log, 2, 1);
    for (Seq seq = 0; seq < 8; ++seq) REQUIRE(sender.want(log, 0));
    REQUIRE(!sender.want(log, 0));
    sender.credit(1'000);
    const auto first = sender.next_load(1);
    REQUIRE((first && first->wanted));
    sender.loaded({1, log, 0, true, refuse(Code::store_corrupt, "batches")});
    const auto second = sender.next_load(1);
    REQUIRE((second && second->wanted));
    sender.offer(log, 2, 1);
    sender.loaded({1, log, 0, true, pieces(2)});
    REQUIRE(frames(sender).size() == 2);
    Order rest;
    for (const auto& begun : run(sender)) rest.push_back(begun);
    REQUIRE(rest == Order{{log, 0}, {log, 0}, {log, 0}, {log, 0}, {log, 0}, {log, 0}, {log, 1}});
}

TEST_CASE("a batch that was wanted is in flight until it has gone out") {
    Sender sender;
    sender.offer(log_of(1), 3, 3);
    REQUIRE_FALSE(sender.in_flight());
    REQUIRE(sender.want(log_of(1), 1));
    answer(sender, *sender.next_load(1));
    REQUIRE(frames(sender).empty());
    REQUIRE(sender.in_flight());  // the credit was lost on its way: the session must not wait for ever
    sender.credit(2);
    REQUIRE(frames(sender).size() == 2);
    REQUIRE_FALSE(sender.in_flight());

    sender.hand_on({1, log_of(2), 7, true, pieces(2)});
    REQUIRE(sender.in_flight());
    sender.credit(4);
    const auto sent = frames(sender);
    REQUIRE(sent.size() == 2);
    REQUIRE(sent.front().log == log_of(2));
    REQUIRE(sent.front().seq == 7);

    // Who gives no credit gets no more than so many into memory.
    for (Seq seq = 0; seq < 100; ++seq) sender.hand_on({1, log_of(2), seq, true, pieces(2)});
    sender.credit(1'000);
    REQUIRE(frames(sender).size() == 2 * 8);
}

}  // namespace sender_test
