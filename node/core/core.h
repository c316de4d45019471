// The core: one pure object that acts for one node (node/DESIGN.md section 3.1).
//
// Messages, job results, requests and time go in; writes, sends and jobs come out. The core owns no socket,
// file, clock, thread or randomness, so the simulator runs a city of cores on virtual time from one seed. One
// thread calls it.
//
//   receive*, finish*, requests, tick  ──>  end_turn, take_writes ── one commit ──>  committed  ──> take_sends,
//   take_jobs
//
// Invariants. Nothing is said before the commit that makes it true: everything queued by take_sends() belongs
// to a finished commit (S6). A commit that the store refuses as full leaves this object ahead of its store:
// the caller throws the object away and builds a new one from the store, as after a crash. Iteration is
// ordered everywhere: equal inputs give equal outputs (S15).
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <tuple>

#include "node/core/authoring.h"
#include "node/core/blocks.h"
#include "node/core/clones.h"
#include "node/core/core_types.h"
#include "node/core/core_work.h"
#include "node/core/healing.h"
#include "node/core/incoming.h"
#include "node/core/logbook.h"
#include "node/core/moved_to.h"
#include "node/core/outcome.h"
#include "node/core/peer_budget.h"
#include "node/core/quarantine.h"
#include "node/core/recent_batches.h"
#include "node/core/restored.h"
#include "node/core/retention.h"
#include "node/core/root_trail.h"
#include "node/core/scrub.h"
#include "node/core/session.h"
#include "node/core/submission.h"
#include "protocol/catalogue.h"
#include "topology/division_plan.h"
#include "topology/enrolment.h"
#include "topology/renewal.h"
#include "topology/request.h"

namespace xinwang {

class Core {
  public:
    // Restores everything from `kept`, the store as the last commit left it. Requires the node's own
    // certificate there.
    Core(Identity identity, Addresses addresses, Timing timing, const Snapshot& kept, Instant now);

    // Events.
    void receive(Instant now, const Arrival& arrival);
    void finish(Instant now, JobResult result);
    void tick(Instant now);
    // Told when the transport lost or remade its connection to the parent: messages in flight are void.
    void parent_connection_lost(Instant now);
    void child_connection_lost(ConnectionId connection);
    // Stops numbering batches, for this reason, until called without one (the head file cannot be kept).
    void hold_seals(Instant now, const std::optional<Refusal>& why);
    // The store has refused a commit as full, or has room again.
    void disk_full(bool full) { disk_full_ = full; }
    // Sets the node that the parent's side reaches now: zero for the parent, else an ancestor that stands in.
    void set_uplink(Instant now, const NodeId& node);
    // Sends children away and takes nothing new in, while `on` (maintenance).
    void drain(bool on);

    // Requests of this machine's users. A refusal changes nothing.
    Result<SubmissionTaken> submit(Instant now, const NewSubmission& submission);
    // The id under which a file handed in is taken: that of the submission that answers for it already, or
    // else a free one. A submission answers for its file handed in again while open and the last in the
    // queue, and afterwards, with the queue empty, as long as its rows would be judged alike: no other
    // entries have come, the catalogue and the day are the same, the file was not refused whole, and no row
    // is on a branch. `today` is yyyymmdd.
    SubmissionId submission_for(SubmissionId file, std::uint32_t today) const;
    // Refuses approval_needed for a county: that takes propose() and approve() by two operators.
    Result<Invitation> invite(Instant now, DivisionCode code, const std::string& name, const Token& token);
    // Takes the node of this code out of the directory; its batches count as far as they are held here. Refuses
    // node_unknown, revoker_not_above, bad_name.
    Result<void> revoke(Instant now, DivisionCode code, const std::string& reason);
    // Puts a node below another parent, as a common ancestor of the two (WIRE.md section 9.7). Returns the
    // node's certificate. Refuses node_unknown, moves_nowhere, mover_not_above, not_issuers_code, code_taken,
    // and what Roster::move() refuses.
    Result<Certificate> move(Instant now, const MoveOrder& order);
    // Hands records of one node to another, as a common ancestor of the two (WIRE.md section 8.9). Refuses
    // node_unknown, bad_name, transfer_not_above, parent_too_old.
    Result<Transfer> transfer(Instant now, const TransferOrder& order);
    // Lets a child in again that was frozen here (two machines lived as it, or its log split), under a new
    // incarnation; batches of the frozen one are taken no further. Refuses not_frozen, not_at_this_node and
    // bad_name.
    Result<void> thaw(Instant now, DivisionCode code, const std::string& reason);
    // Asks for new keys of these kinds; opening keys change by themselves. New keys are in force when the
    // certificate that names them has come. Refuses not_at_this_node.
    Result<void> change_keys(bool sign, bool transport);
    // Keeps a county's order until another operator approves it; replaces the order that waits for the same
    // code. Refuses what check_word() and invite() refuse.
    Result<void> propose(Instant now, const Order& order);
    // Invites by an order; the order and its two words are kept with the invitation. Refuses order_missing,
    // what check_order() refuses, and what invite() refuses.
    Result<Invitation> approve(Instant now, const OrderId& order, const OrderWord& word, const Token& token);
    // Issues a certificate by file, under the same rules; a county's takes an order that names the request,
    // and the order's approval. The same request again is answered again.
    Result<CertificationReply> certify(Instant now, const CertificationRequest& request,
                                       const std::optional<Approval>& approval);
    // Every order: awaiting its second approval, or used already for an invitation.
    const std::map<OrderId, Order>& orders() const { return orders_; }
    Result<void> publish_catalogue(Instant now, const std::string& toml);
    // Publishes a new list of divisions as one commit: its entries into the trust log, the list itself into
    // the store. `kept` is the list in force, as the store holds it. Refuses not_at_this_node, and
    // plan_differs when the plan was not made against the list in force now.
    Result<void> publish_divisions(Instant now, const DivisionTree& kept, const DivisionTree& next,
                                   const DivisionPlan& plan);
    // Lets the child that signs under `was` go on under the code that a list says `was` became. Returns the
    // new certificate of the same node. Refuses not_found for no such child, and what Roster::check_place()
    // refuses.
    Result<Certificate> recode(Instant now, const Division& was, const Division& becomes);
    // The next directory statement, unsigned, for the holders of root keys to sign. At the city alone.
    Result<DirectoryStatement> draft_directory(Instant now, const DirectoryChange& change) const;
    // Puts a signed statement in force here and sends it down to everyone. The newest again changes nothing.
    // Refuses not_at_this_node, what Roster::adopt() refuses, and for its checkpoint directory_mixed and
    // checkpoint_old.
    Result<void> publish_directory(View statement);
    // Queues an entry that the node authors itself, for this own log (the link's feedback).
    void author(const OwnLog& log, std::uint16_t policy, const Entry& entry);
    // Takes a block of records from a system on this machine, validated and encoded already, for this node's
    // own `records` log. Blocks are compressed side by side, sealed in the order of calls by the job that
    // seals a submission's rows, and each committed whole. A block is durable once blocks_kept() has reached
    // the number returned, and the caller keeps it until then: a new core (a full disk, a restart) begins at
    // 0 with none. Requires takes_block() and at least one entry.
    std::uint64_t seal_block(std::uint16_t policy, EntryBlock entries);
    // False while enough blocks wait: ask again in a later turn. Submissions go first.
    bool takes_block() const;
    std::uint64_t blocks_kept() const { return blocks_.kept; }
    // Takes the refusal that a reader of the store was given. Damage is listed and fetched again; any other
    // refusal means nothing here.
    void suspect(const Refusal& refusal);
    // Replaces these batches' contents, with this turn's commit, by a signed statement. Batches that some
    // ancestor has not confirmed, or that are listed as damaged, stay. Returns how many went.
    std::size_t prune(Instant now, const std::vector<DueBatch>& due);
    // How far every ancestor has confirmed each log that goes up but `trust`; at the city, its size.
    std::map<LogId, Seq> confirmed_logs() const;
    // Adds plain writes of other rooms (the link's packages) to this turn's commit.
    void stage(std::vector<Write> writes);
    // Keeps an entry's outcome, at the city, and tells the node that sealed the entry, when that is another.
    void tell_outcome(const EntryOutcome& answer, const SentAs& sent, std::string_view catalogue);
    // For submissions read by an earlier release (node/intake/paging.h): gives this entry the outcome that
    // was kept for its whole record; notes that all rows of the submission have pages now.
    void adopt_outcome(const EntryOutcome& answer) { keep_outcome(answer, {}); }
    void adopt_pages(const SubmissionId& id);

    // Ends the turn: signs heads of the logs that grew, then puts everything into one commit.
    void end_turn(Instant now);
    std::vector<Write> take_writes();
    void committed(Instant now);
    std::vector<Send> take_sends();
    // The jobs, from the end of the turn on: none taken before committed() reads this turn's writes, and if
    // the commit fails its result goes to nobody (verifying and sealing overlap with the sync).
    std::vector<Job> take_jobs();
    // Submissions whose last row was answered by a finished commit: their files are no longer needed.
    std::vector<SubmissionId> take_released();
    // True once after the parent was found to hold more of this incarnation than the node itself: a new one
    // is open, work under way is the old one's. The caller builds a new core, as after a full store.
    bool take_rebirth();
    // The new parent's address and key, once after this node itself was moved. They lie in the store too
    // until the edge has made them lasting.
    std::optional<MovedTo> take_moved();
    bool take_reconnect();  // the watchdog wants the parent's socket made anew
    // Keys to make; the answer, when they are durable, is offer_keys().
    std::optional<KeyWish> take_key_wish();
    void offer_keys(const KeyWish& wish, const NewKeys& keys);
    // Tells the operator that the keys could not be made; they are wished for again later.
    void keys_failed(Instant now, const Refusal& why);
    // Kinds of keys in force since the last call: the edge gives the keys their lasting names and speaks with
    // them.
    KeyWish take_adopted();
    // True once when every child holds the entries that name the new transport key: from the next start on
    // the node may listen with it.
    bool take_children_told() { return std::exchange(renewal_.children_told, false); }
    // Children that are still to be told.
    std::vector<NodeId> children_not_told() const;
    // Connections of neighbours that went over their budget: to be closed once they were told.
    std::vector<ConnectionId> take_cut() { return std::exchange(cut_, {}); }
    // Told when a connection went over a budget: its message has no end, or it reads nothing sent to it.
    void over_budget(Instant now, ConnectionId connection, const TransportPublicKey& key, Code what,
                     std::size_t bytes, std::size_t bytes_max);
    // Lists a refusal about the machine, or about a stranger, for the operator.
    void report(Instant now, const Refusal& refusal) { find(now, refusal); }
    // The cut of a neighbour that stays outside for having gone over its budget; else nullptr.
    const PeerBudget::Cut* outside(Instant now, const NodeId& node) const;
    // True once after the set of enrolled children changed: the transport's admission follows the roster.
    bool take_admission_changed();

    // Answers for status and queries.
    const Identity& identity() const { return identity_; }
    const Certificate& certificate() const { return *roster_.find(identity_.node); }
    bool is_city() const { return certificate().tier == Tier::city; }
    const Roster& roster() const { return roster_; }
    const Logbook& logbook() const { return logbook_; }
    const Session* parent_session() const;
    // The session of this peer: a child's, or the parent's own.
    const Session* child_session(const NodeId& child) const;
    // The moment a neighbour was last heard, in this life of the process.
    std::optional<Instant> last_seen(const NodeId& neighbour) const;
    // The refusal that keeps newcomers out by `now`, if any: directory_missing, directory_lapsed.
    std::optional<Refusal> closed_to_newcomers(Instant now) const;
    // The city's trust log as held here; nullptr before its first batch.
    const LogView* directory_log() const;
    const std::optional<Refusal>& parent_refusal() const { return parent_refusal_; }
    const NodeId& uplink() const { return uplink_.is_zero() ? certificate().parent : uplink_; }
    bool drains() const { return draining_; }
    // Nodes further below that have come here because their parent is away.
    std::vector<NodeId> guests() const;
    const std::map<SubmissionId, Submission>& submissions() const { return submissions_; }
    const std::map<std::string, std::shared_ptr<const Catalogue>>& catalogues() const { return catalogues_; }
    // The newest list of divisions that the city told of.
    const std::optional<DivisionListing>& divisions() const { return divisions_; }
    const EnrolmentDesk& desk() const { return desk_; }
    // The reason why the last renewal asked for is not granted.
    const std::optional<Refusal>& renewal_refusal() const { return renewal_.refusal; }
    const RenewalTerms& renewal_terms() const { return timing_.renewal; }
    const Timing& timing() const { return timing_; }
    // Unexpired invitations: open ones, for anybody; used ones, for nodes whose answer may have been lost.
    EnrolmentDoor enrolment_door(Instant now) const;
    std::vector<TransportPublicKey> enrolled_lately(Instant now) const;
    const std::deque<Finding>& findings() const { return findings_; }
    // Takes over what the core before this one, in the same process, found: operators still want to know.
    void recall(std::deque<Finding> earlier);
    std::size_t quarantined() const { return quarantine_.size(); }
    const Healing& healing() const { return healing_; }
    std::uint64_t healed() const { return healed_; }  // in the store's whole life
    const Scrub& scrub() const { return scrub_; }
    std::uint64_t expired() const { return expired_; }  // batches whose contents have gone
    std::size_t pending_entries() const { return authoring_.waiting(); }
    bool is_disk_full() const { return disk_full_; }
    // True from the start until the parent has said what it holds of this node: no batch is numbered.
    bool resuming() const { return resuming_; }
    // Nodes that are frozen, here or at another ancestor of theirs that has said so.
    const std::map<NodeId, Freeze>& frozen() const { return frozen_; }
    // The refusal that a frozen node, and whoever asks about it, is given. Requires: frozen and enrolled.
    Refusal frozen_refusal(const NodeId& node) const;
    // Set while this node's parent has it frozen: no batch is numbered.
    const std::optional<Refusal>& frozen_here() const { return frozen_here_; }
    // The authority that readers judge entries by, as of the last commit (authority.h).
    const std::shared_ptr<const Authority>& authority() const { return authority_.current; }
    // Batches that the city holds and has not judged yet; elsewhere 0.
    std::uint64_t unjudged() const { return is_city() ? next_ordinal_ - authority_.judged : 0; }
    // Own logs of ended incarnations whose last batches nobody above takes, each with the first such batch.
    const std::map<LogId, Seq>& branches() const { return branches_; }
    // Set until a restored node has taken its own batches back from its parent, and seals again.
    const std::optional<RestoredRow>& restored() const { return restored_; }
    // How far the parent and the city are known to hold `log` durably.
    Seq held_by_parent(const LogId& log) const;
    Seq held_by_city(const LogId& log) const;
    // How far receipts of all ancestors cover `log`, as kept here.
    Seq confirmed_above(const LogId& log) const;
    LogId own_log(const OwnLog& log) const;

  private:
    // The neighbour that findings are put down to while its message is heard.
    class Hearing {
      public:
        Hearing(Core& core, const Arrival& arrival);
        ~Hearing() { core_.heard_ = {}; }
        Hearing(const Hearing&) = delete;
        Hearing& operator=(const Hearing&) = delete;

      private:
        Core& core_;
    };
    // core_restore.cpp
    void restore(const Snapshot& kept, Instant now);
    void restore_directory(const Snapshot& kept);
    void restore_submissions(const Snapshot& kept);

    // core_sessions.cpp
    void receive_from_child(Instant now, const Arrival& arrival, Message message);
    void receive_from_parent(Instant now, Message message);
    void on_hello(Instant now, const Arrival& arrival, const Hello& hello);
    Result<const Certificate*> check_hello(Instant now, const Arrival& arrival, const Hello& hello) const;
    void on_welcome(Instant now, const Welcome& welcome);
    void on_parent_refused(Instant now, const Refused& refused);
    void on_message(Instant now, Session& session, Message message);
    bool comes_from(const Session& session, const LogId& log) const;
    // True when the log goes to this peer, and the peer's version can read it.
    bool goes_to(const Session& session, const LogId& log) const;
    void send_holdings(const Session& session);
    void send_receipts(const Session& session, const LogView& log, Seq confirmed);
    void refresh(Instant now, const Session& session);
    void watch_sessions(Instant now);
    void retry_refused(Instant now, Session& session);
    void begin_sending(Instant now, Session& session);
    void check_rollback(Instant now, const Session& session);

    bool deals_with(const Session& session, const LogId& log) const;
    void go_back(Session& session, const Holding& holding);

    // core_budgets.cpp
    static std::string per_second(Duration every);
    std::optional<Refusal> overspent(Instant now, const Arrival& arrival, std::uint64_t messages);
    void cut(Instant now, const NodeId& peer, ConnectionId connection, const Refusal& why);
    void end_cuts(Instant now);
    std::optional<Refusal> outside_refusal(Instant now, const NodeId& node) const;
    void note_stated(Session& session, const Holding& holding);
    void keep_early(Session& session, SignedHead head);
    void take_early_heads(Session& session, LogView& log);
    Result<void> check_life(Instant now, const LogId& log);
    void keep_refused(Instant now, Admission& admission, const NodeId& by, const Refusal& refusal);
    void restore_refused(View key, View value);
    void count_refused(Instant now, Session& session, const Refusal& refusal);
    Result<void> may_renew(Instant now, const NodeId& peer);
    void compare_clocks(Instant now, const Session& session, Instant theirs);

    // core_settling.cpp
    Seq held_here(const LogId& log) const;
    void begin_resume(Instant now);
    void keep_home();
    void end_resume();
    void give_up_resume(Instant now);
    bool may_seal() const;
    void show_own_heads(const Session& session);
    void on_own_head(Instant now, const LogId& log, const std::string& note);
    void withdraw_receipts(Instant now, const Session& session);
    void begin_life(const Session& session);
    void open_incarnation(Instant now);
    bool may_be_lost(const Session& session, const LogId& log) const;
    bool is_own_past(const LogId& log) const;
    void withdraw_receipt(LogView& log, const NodeId& ancestor);
    void await_lost_part(Instant now, const Session& session);
    void settle(Instant now);

    // core_clones.cpp
    void restore_clones(const Snapshot& kept);
    void look_for_clone(const NodeId& peer, ConnectionId older, ConnectionId newer);
    bool on_sign_of_life(Instant now, ConnectionId connection, std::uint64_t nonce);
    Refusal on_fork(Instant now, const LogId& log, View first, View second);
    void freeze(Instant now, const Freeze& freeze);
    void keep(const Freeze& freeze);
    void tell_freeze(const Freeze& freeze);
    void learn_freeze(Instant now, const LogView& log, View body);
    void close_incarnations(const NodeId& node);
    void on_frozen(Instant now, const Refusal& refusal);
    void thawed(const NodeId& by);
    void on_branch(const LogId& log);
    void on_compared(Instant now, const Compared& compared);
    void notice_branches(const Session& session);
    void on_other_tree(Instant now, const ReceiptNote& note, const Hash256& root);

    void say_hello(Instant now);
    void drop_session(SessionNumber number);
    Session& open_session(Instant now, const NodeId& peer, bool parent, ConnectionId connection);
    Session* find_session(SessionNumber number);
    Session* session_of(const NodeId& peer);
    Session* session_toward(const NodeId& below);
    void say(const Session& session, const Message& message);
    void pump(Session& session);
    bool is_fat(const NodeId& peer, bool parent) const;
    bool has_taker(const LogId& log) const;

    // core_custody.cpp
    void on_piece(Instant now, Session& session, Piece piece);
    void on_complete(Instant now, Session& session, Receiver::Complete batch);
    static bool is_news_of_a_move(Code refused, const LogId& log);
    Result<void> check_way(const Session& session, const LogId& log) const;
    void admit(Session& session, Receiver::Complete batch);
    void retry_parked(Instant now);
    void leave_quarantine(const LogId& log, Seq seq);
    void forget_from(Incoming& incoming, const LogView& log, Seq from, SessionNumber except);
    void acknowledge(Incoming& incoming, const Admission& admission, const LogId& log);
    void on_admission(Instant now, Admission admission);
    void too_late(Admission admission);
    void place(Instant now, Incoming& incoming, Admission admission);
    Result<void> check_admitted(const LogView& log, Seq seq, const AdmittedBatch& batch) const;
    Result<void> check_signer(const LogView& log, Seq seq, const SignPublicKey& signer) const;
    Refusal on_broken_chain(Instant now, const Admission& admission, const LogView& log);
    void note_signer(LogView& log, Seq seq, const SignPublicKey& signer) const;
    void refuse_batch(Instant now, Incoming& incoming, Admission& admission, const NodeId& by,
                      const Refusal& refusal);
    AppendBatch next_of(LogView& log, Seq seq, const BatchId& id, std::uint32_t entries, std::size_t bytes,
                        Instant now);
    void stage_batch(LogView& log, Seq seq, const BatchId& id, std::uint32_t entries, std::size_t bytes,
                     const std::vector<SharedBytes>& pieces, std::vector<IndexRow> index, Instant now);
    void on_head(Instant now, Session& session, const HeadNote& head);
    void settle_heads(Instant now, LogView& log);
    void accept_head(Instant now, LogView& log, const SignedHead& head);
    void on_receipt(Instant now, Session& session, const ReceiptNote& receipt);
    void keep_receipt(const LogView& log, const NodeId& ancestor, const std::string& note);
    void sign_own_heads(Instant now);
    void repeat_heads();
    void sign_own_head(Instant now, LogView& log);

    // core_healing.cpp
    void heal(Instant now);
    void on_scrubbed(Instant now, Scrubbed done);
    void on_examined(Instant now, Examined done);
    void list_lost(Instant now, const Refusal& refusal);
    std::optional<Put> remembered(const DamagePlace& place) const;
    void ask_for(Instant now, const BatchName& name);
    std::vector<const Session*> neighbours_with(const BatchName& name) const;
    bool passes_between(const Session& session, const LogId& log) const;
    void on_want(Instant now, Session& session, const Want& want);
    bool ask_above(Instant now, const Session& session, const Want& want);
    bool hand_down(const Receiver::Complete& batch);
    void cannot_send(Instant now, Session& session, const LoadedBatch& batch);

    // core_retention.cpp
    void send_what_is_left(const Session& session, LoadedBatch& batch) const;
    const std::string* proof_of_custody(const NodeId& peer, const LogId& id, Seq seq) const;
    Result<void> check_expired(const Session& session, const Receiver::Complete& batch);
    bool take_proof(const Receiver::Complete& batch);
    void keep_proof(LogView& log, const NodeId& holder, const ReceiptView& receipt);
    void drop_proof(LogView& log, const NodeId& holder, Seq size);
    void restore_proofs(const Snapshot& kept);
    void stage_expired(Instant now, LogView& log, Seq seq, const AdmittedBatch& batch);
    bool on_want_refused(Instant now, const Session& session, const Refused& refused);
    void fetched(const Session& session, Receiver::Complete batch);
    void on_mended(Instant now, Admission admission);
    void send_mended();

    // core_renewal.cpp
    void renew(Instant now);
    Certificate wanted_certificate(Instant now, const RenewalNeed& need) const;
    Result<void> ask_renewal(Instant now, const Session& session, const RenewalNeed& need);
    Result<void> renew_self(Instant now, const RenewalNeed& need);
    void on_renew(Instant now, const Session& session, const Renew& asked);
    Result<void> grant(Instant now, const NodeId& peer, const RenewalRequest& request, View request_bytes);
    void on_renew_answer(Instant now, const RenewAnswer& answer);
    void adopt_own_keys();
    void certify_children_anew(Instant now);
    void tell_children();

    // core_directory.cpp
    Result<Roster::Change> learn(Instant now, EntryKind kind, View body);
    void learn_entry(Instant now, const Entry& entry);
    void place_waiting(Instant now);
    void end_session_of(Instant now, const NodeId& node);
    Refusal revoked_refusal(const NodeId& node) const;
    Seq counted(const LogId& log, Seq size) const;

    // core_moves.cpp
    std::vector<NodeId> lineage_below(const NodeId& node) const;
    Result<Move> drafted(Instant now, const MoveOrder& order) const;
    Result<Roster::Change> say_move(Instant now, const Move& move);
    void move_again(Instant now, const Entry& entry);
    void tell_overruled(Instant now, const std::vector<Move>& moves);
    void on_moved(Instant now, const NodeId& node, View statement, bool placed);
    std::optional<Refusal> takes_over(Instant now, const NodeId& child) const;
    void await_takeover(Instant now);
    DivisionCode code_below(const Certificate& child) const;

    // core_enrol.cpp
    Result<Invitation> open_invitation(Instant now, DivisionCode code, const std::string& name,
                                       const Token& token);
    Result<void> may_certify(Instant now, DivisionCode code) const;
    Result<Order> approved_order(const Approval& approval, const RequestId& request) const;
    Result<void> enrol(Instant now, const Certificate& fields);
    void keep(const Order& order, const TokenId& token);
    void receive_enrolment(Instant now, const Arrival& arrival);
    void keep(const OpenInvitation& invitation);

    // core_statements.cpp
    void learn_statement(Instant now, const LogView& log, View statement);
    Result<void> take_statement(const DirectoryStatement& statement, View bytes);
    Result<void> check_checkpoint(const DirectoryStatement& statement, const LogId& came_in) const;
    bool is_city_trust(const LogId& log) const;
    void restore_trails(const Snapshot& kept);

    // core_authoring.cpp
    void apply(Instant now, const LogView& log, const Entry& entry);
    // core_authority.cpp
    void restore_authority(const Snapshot& kept);
    void keep_versions(const Snapshot& kept);
    bool versions_are_kept(const Snapshot& kept);
    void find_versions(const Snapshot& kept);
    void keep_version(std::shared_ptr<const Catalogue> catalogue, View toml);
    void follow_code(const DivisionChange& change);
    void make_authority();
    void start_judging(Instant now);
    void on_judged(Instant now, Judged done);
    void tell_verdict(const Verdict& verdict, const NodeId& toward);
    // True for the city's log of lane rights toward this node, and, at the city, for each of its own.
    bool is_verdict_log(const LogId& log) const;
    void learn_verdict(Instant now, const LogView& log, View body);
    void learn_transfer(Instant now, const LogView& log, View body);
    void take_transfer(const Transfer& transfer);
    // core_divisions.cpp
    void apply_division(Instant now, View body);
    void follow_list(const DivisionChange& change);
    void rename_children(Instant now, const DivisionChange& change);
    Result<Certificate> issue_again(Instant now, Certificate fields);

    void start_seals(Instant now);
    void start_blocks(Instant now);
    void on_packed(PackedBlock packed);
    SealJob seal_job(const OwnLog& log, Instant now, std::int64_t after = 0);
    SealGroup seal_group(std::uint16_t policy, const NodeId& toward, Instant now) const;
    void on_sealed(Instant now, Sealed sealed);
    void stage_sealed(Instant now, const Sealed& sealed);
    void start_intake(Instant now);
    void on_intake(Instant now, IntakeStepped stepped);
    void finish_intake_step(Instant now);
    void keep_rows(const Submission& s, IntakeStep& step);
    std::uint64_t record_batches() const;
    const Submission* submission_at(const EntryPlace& place) const;
    void note_ranges(const Submission& s);
    void note_refused_rows(const RefusedRows& refused);
    void learn_outcome(Instant now, const Entry& entry);
    void keep_outcome(const EntryOutcome& answer, const SentAs& sent);
    void keep(const Submission& submission);
    // `log`: the log that the refused thing came in. `by`: the neighbour at fault; zero: the one heard now.
    void find(Instant now, const Refusal& refusal, const std::optional<LogId>& log = std::nullopt,
              const NodeId& by = {});
    void is_settled(const Refusal& finding);

    Identity identity_;
    Addresses addresses_;
    Timing timing_;
    Roster roster_;
    Logbook logbook_;
    Authoring authoring_;
    EnrolmentDesk desk_;
    std::map<OrderId, Order> orders_;
    std::map<LogId, RootTrail> trails_;  // of the city's trust logs
    std::map<std::string, std::shared_ptr<const Catalogue>> catalogues_;
    AuthorityWork authority_;
    std::uint64_t next_ordinal_ = 0;  // of the next batch that is appended
    std::optional<DivisionListing> divisions_;
    std::map<SubmissionId, Submission> submissions_;
    // The first batch of each submission in an own log: later submissions lie behind earlier ones.
    std::map<std::tuple<Lane, Incarnation, Seq>, SubmissionId> ranges_;
    std::deque<SubmissionId> intake_queue_;
    std::optional<IntakeWork> intake_;
    std::vector<SubmissionId> finished_;  // in this turn
    std::vector<SubmissionId> released_;
    Blocks blocks_;
    std::int64_t own_moment_ = 0;  // the latest of this node's own batches, of all its lives

    std::map<SessionNumber, Session> sessions_;
    std::map<NodeId, SessionNumber> by_peer_;
    std::map<ConnectionId, SessionNumber> by_connection_;  // children's
    SessionNumber parent_session_ = 0;
    SessionNumber next_session_ = 1;
    std::uint64_t hello_nonce_ = 0, answered_nonce_ = 0;
    Instant next_hello_;
    Instant next_own_heads_;
    Instant next_refresh_;
    std::optional<Refusal> parent_refusal_;
    std::map<NodeId, Refusal> refused_by_;  // nodes that would not have this one, when last asked
    NodeId uplink_;                         // zero: the parent
    bool draining_ = false;
    RenewalWork renewal_;
    std::optional<MovedTo> moved_;
    Instant gate_until_;  // until then a moved child waits for batches of its logs from above
    std::map<Bytes, Unplaced> unplaced_;
    std::map<NodeId, Instant> last_seen_;

    std::map<LogId, Incoming> incoming_;
    std::vector<std::pair<SessionNumber, Receiver::Complete>> parked_;  // of origins not enrolled here yet
    std::set<LogId> touched_;                                           // grown in this turn
    std::set<std::pair<SessionNumber, LogId>> to_acknowledge_;
    RecentBatches recent_;
    std::deque<Finding> findings_;
    QuarantineBook quarantine_;
    std::map<NodeId, PeerBudget> budgets_;
    std::map<NodeId, Allowance> lives_;
    std::vector<ConnectionId> cut_;
    NodeId heard_;  // the neighbour whose message is being heard
    Healing healing_;
    Scrub scrub_;
    std::set<DamagePlace> suspected_;  // being examined
    std::set<LogId> mended_;           // in this turn
    std::map<BatchName, Relay> relayed_;
    std::uint64_t healed_ = 0, expired_ = 0;
    Instant next_heal_;
    Instant next_intake_;  // after a step that met damage
    bool disk_full_ = false, reconnect_ = false, rebirth_ = false, seals_held_ = false, resuming_ = false;
    Instant resume_until_;
    std::map<NodeId, std::uint64_t> last_nonce_;  // the last that each child greeted with
    CloneWatch clones_;
    std::map<NodeId, Freeze> frozen_;
    std::set<std::pair<NodeId, Incarnation>> closed_;  // lives of nodes that were frozen here and let in again
    std::optional<Refusal> frozen_here_;
    std::map<LogId, Seq> branches_;
    std::optional<RestoredRow> restored_;
    Instant settle_until_, children_until_;
    std::optional<std::map<LogId, Seq>> awaited_;  // own logs and the parent's sizes; none: not told yet
    bool admission_changed_ = true;
    bool roster_changed_ = false;

    std::vector<Write> writes_;
    std::vector<Send> sends_;
    std::vector<Job> jobs_;
};

}  // namespace xinwang
