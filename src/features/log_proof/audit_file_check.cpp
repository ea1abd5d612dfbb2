#include "features/log_proof/audit_file_check.h"

#include "features/log_proof/line_cursor.h"

#include <algorithm>
#include <map>
#include <utility>

namespace keystead::log_proof {
namespace {

constexpr std::size_t kProofMax = 64; // the path of a tree that could not be larger

audit::RightEdge empty_edge()
{
    const auto nothing = [](audit::TileAddress) -> Result<std::vector<Digest>> {
        return std::vector<Digest>{};
    };
    auto edge = audit::RightEdge::load(0, nothing);
    KS_ASSERT(edge.has_value()); // An empty tree loads no tile.
    return *std::move(edge);
}

} // namespace

class AuditFileCheck::Impl {
public:
    explicit Impl(FileCheckOptions options) : options_(std::move(options)), edge_(empty_edge()) {}

    void take_line(std::string_view line)
    {
        line_number_ += 1;
        if (line_number_ == 1) {
            take_header(line);
        } else if (!has_header_) {
            return; // Said already: nothing can be checked.
        } else if (has_end_) {
            fault("something follows the end line");
        } else if (line.starts_with("{\"end\":")) {
            take_end(line);
        } else {
            lines_ += 1;
            take_entry(line);
        }
    }

    FileReport finish()
    {
        if (line_number_ == 0) {
            report_.faults.emplace_back("the file is empty");
        } else if (has_header_) {
            if (!has_end_) {
                report_.faults.emplace_back("the end line is missing: the file was cut");
            }
            finish_tree();
            finish_kept();
        }
        return std::move(report_);
    }

private:
    void fault(const std::string& words) { say("line " + std::to_string(line_number_), words); }
    void say(const std::string& where, const std::string& words)
    {
        if (report_.faults.size() < FileReport::kFaultsMax) {
            report_.faults.push_back(where + ": " + words);
        }
    }

    void take_header(std::string_view line)
    {
        auto header = parse_header(line);
        if (!header) {
            fault("this is not the header of an audit export");
            return;
        }
        has_header_ = true;
        report_.header = *std::move(header);
        check_signature();
    }

    void check_signature()
    {
        const FileHeader& header = report_.header;
        key_ = VerifierKey::parse(header.vkey);
        if (!key_) {
            fault("the verifier key in the header cannot be read");
        }
        if (options_.key) {
            if (key_ && *key_ != *options_.key) {
                fault("the file names the key " + key_->text() +
                      ", not the one it was to be "
                      "checked with");
            }
            key_ = options_.key;
        }
        report_.own_key = !options_.key;
        const auto note = SignedNote::parse(header.checkpoint);
        const auto checkpoint = note && key_ ? open_checkpoint(*note, *key_) : std::nullopt;
#ifndef KEYSTEAD_WITHOUT_FILE_SIGNATURE
        if (!checkpoint) {
            fault("the checkpoint in the header is not signed by the log's key");
            return;
        }
#endif
        if (checkpoint && *checkpoint != Checkpoint{header.origin, header.size, header.root}) {
            fault("the header says something else than its checkpoint");
        }
    }

    void take_end(std::string_view line)
    {
        has_end_ = true;
        std::string expected;
        append_end(expected, lines_);
        expected.pop_back();
        if (line != expected) {
            fault("the end line is not that of a file with " + std::to_string(lines_) +
                  " entries: lines were taken out or put in");
        }
    }

    void take_entry(std::string_view line)
    {
        LineCursor cursor(line);
        cursor.put("{\"leaf_index\":");
        const auto leaf_index = cursor.number();
        if (!cursor.ok() || !leaf_index) {
            fault("this is neither an event nor an entry");
            is_tree_broken_ = true;
            return;
        }
        where_ =
            "line " + std::to_string(line_number_) + " (entry " + std::to_string(*leaf_index) + ")";
        const auto entry = cursor.skip(",\"entry\":") ? entry_alone(cursor, *leaf_index)
                                                      : entry_of_event(cursor, *leaf_index);
        if (!entry) {
            is_tree_broken_ = true;
        } else if (report_.header.form == FileForm::Whole) {
            append(*leaf_index, *entry);
        } else if (next_selected_ > *leaf_index) {
            say(where_, "it stands twice or out of order");
        }
        next_selected_ = *leaf_index + 1;
    }

    /// Retention takes the oldest events, and records how many: an entry alone anywhere else is one
    /// whose event somebody took away.
    std::optional<Digest> entry_alone(LineCursor& cursor, std::uint64_t leaf_index)
    {
        const auto entry = cursor.digest();
        cursor.put("}");
        if (!entry || !cursor.ok() || !cursor.at_end() || report_.header.form != FileForm::Whole) {
            say(where_, "the entry cannot be read");
            return std::nullopt;
        }
        report_.entries_alone += 1;
#ifndef KEYSTEAD_WITHOUT_FILE_RETENTION
        if (report_.events > 0) {
            say(where_, "its event is missing, and events before it are not");
        }
#endif
        end_of_alone_ = leaf_index + 1;
        return entry;
    }

    std::optional<Digest> entry_of_event(LineCursor& cursor, std::uint64_t leaf_index)
    {
        cursor.put(",\"nonce\":");
        const auto nonce = cursor.digest();
        cursor.put(",\"canonical\":");
        const auto canonical = cursor.base64();
        if (!cursor.ok() || !nonce || !canonical) {
            say(where_, "nonce and canonical event cannot be read");
            return std::nullopt;
        }
        report_.events += 1;
        const Digest entry = audit::log_entry(*nonce, *canonical);
        const auto event = audit::decode_event(*canonical);
        if (!event) {
            say(where_, "the canonical event is not one");
            return entry;
        }
        kept_from_ = std::max(kept_from_, audit::kept_from(*event).value_or(0));
        put_decoded(cursor, *event);
        check_values(cursor);
        if (report_.header.form == FileForm::Selection) {
            check_proof(cursor, leaf_index, entry);
        }
        cursor.put("}");
        if (!cursor.ok() || !cursor.at_end()) {
            say(where_, "the fields do not say what the canonical event says");
        }
        return entry;
    }

    void check_values(const LineCursor& cursor)
    {
        report_.values += cursor.values();
        report_.withheld += cursor.withheld();
#ifndef KEYSTEAD_WITHOUT_FILE_COMMITMENTS
        if (cursor.has_false_value()) {
            say(where_, "a personal value is not what was committed to");
        }
#endif
        if (report_.header.pseudonymous && cursor.values() > 0) {
            say(where_, "a pseudonymous file holds a personal value");
        }
    }

    void check_proof(LineCursor& cursor, std::uint64_t leaf_index, const Digest& entry)
    {
        std::vector<Digest> proof;
        cursor.put(",\"proof\":[");
        while (cursor.ok() && !cursor.skip("]")) {
            if (!proof.empty()) {
                cursor.put(",");
            }
            const auto hash = cursor.digest();
            if (!hash || proof.size() == kProofMax) {
                say(where_, "the proof cannot be read");
                return;
            }
            proof.push_back(*hash);
        }
#ifndef KEYSTEAD_WITHOUT_FILE_PROOFS
        if (!audit::merkle::verify_inclusion(audit::merkle::leaf_hash(entry), leaf_index,
                                             report_.header.size, proof, report_.header.root)) {
            say(where_, "the proof does not lead from the event to the checkpoint's root: event, "
                        "place or proof was changed");
        }
#endif
    }

    /// In a whole file: the next entry of the tree.
    void append(std::uint64_t leaf_index, const Digest& entry)
    {
        if (leaf_index > edge_.size() && !is_tree_broken_) {
            say(where_, "entries " + std::to_string(edge_.size()) + " to " +
                            std::to_string(leaf_index - 1) + " are missing before it");
            is_tree_broken_ = true;
        } else if (leaf_index < edge_.size() && !is_tree_broken_) {
            say(where_, "it stands twice or out of order");
            is_tree_broken_ = true;
        }
        if (is_tree_broken_) {
            return;
        }
        edge_.append(entry);
        (void)edge_.take_filled();
        if (edge_.size() == next_kept_) {
            note_root();
        }
    }

    void note_root()
    {
        roots_[edge_.size()] = edge_.root();
        next_kept_ = next_kept_size();
    }

    /// The least size, above the tree's now, that a checkpoint kept elsewhere speaks of.
    std::uint64_t next_kept_size() const
    {
        std::uint64_t least = UINT64_MAX;
        for (const SignedNote& note : options_.kept) {
            const auto checkpoint = Checkpoint::parse(note.text);
            if (checkpoint && checkpoint->size > edge_.size()) {
                least = std::min(least, checkpoint->size);
            }
        }
        return least;
    }

    void finish_tree()
    {
        const FileHeader& header = report_.header;
        if (header.form != FileForm::Whole || is_tree_broken_) {
            return;
        }
        if (edge_.size() != header.size) {
            say("the file", "it holds " + std::to_string(edge_.size()) + " entries of " +
                                std::to_string(header.size));
        } else if (edge_.root() != header.root) {
            say("the file", "its entries do not make the root that the checkpoint signs: an event "
                            "or entry was changed");
        } else if (end_of_alone_ > kept_from_) {
            say("the file", "entries up to " + std::to_string(end_of_alone_ - 1) +
                                " have no event, and the log records that retention removed those "
                                "before " +
                                std::to_string(kept_from_));
        }
    }

    void finish_kept()
    {
        std::size_t comparable = 0;
        for (const SignedNote& note : options_.kept) {
            const auto checkpoint = key_ ? open_checkpoint(note, *key_) : std::nullopt;
            if (checkpoint) {
                comparable += 1;
                compare(*checkpoint);
            }
        }
        if (comparable == 0 && !options_.kept.empty()) {
            say("the checkpoints kept elsewhere", "none is signed by this log's key");
        }
    }

    void compare(const Checkpoint& kept)
    {
        const FileHeader& header = report_.header;
        const std::string which = "the checkpoint of " + std::to_string(kept.size) + " entries";
        if (kept.size > header.size) {
            say(which,
                "the file's log has only " + std::to_string(header.size) + ": the newest were cut");
            return;
        }
        std::optional<Digest> root;
        if (kept.size == header.size) {
            root = header.root;
        } else if (const auto found = roots_.find(kept.size); found != roots_.end()) {
            root = found->second;
        }
        if (!root) {
            if (header.form == FileForm::Whole && !is_tree_broken_ && kept.size == 0) {
                return; // An empty log says nothing.
            }
            say(which, "it cannot be compared with this file");
        } else if (*root != kept.root) {
            say(which, "it has another root: the log was changed after it was kept");
        } else {
            report_.kept_compared += 1;
        }
    }

    FileCheckOptions options_;
    FileReport report_;
    std::optional<VerifierKey> key_;
    std::uint64_t line_number_ = 0;
    std::uint64_t lines_ = 0;
    bool has_header_ = false;
    bool has_end_ = false;
    std::uint64_t next_selected_ = 0; // of a selection: no leaf before it
    std::uint64_t end_of_alone_ = 0;  // the leaf behind the last entry without an event
    std::uint64_t kept_from_ = 0;     // as the events say
    bool is_tree_broken_ = false;     // an entry was lost: roots can say nothing more
    std::string where_;
    audit::RightEdge edge_;
    std::map<std::uint64_t, Digest> roots_; // at the sizes of the kept checkpoints
    std::uint64_t next_kept_ = next_kept_size();
};

AuditFileCheck::AuditFileCheck(FileCheckOptions options)
    : impl_(std::make_unique<Impl>(std::move(options)))
{
}

AuditFileCheck::~AuditFileCheck() = default;

void AuditFileCheck::take_line(std::string_view line)
{
    impl_->take_line(line);
}

FileReport AuditFileCheck::finish()
{
    return impl_->finish();
}

FileReport check_file(std::string_view contents, FileCheckOptions options)
{
    AuditFileCheck check(std::move(options));
    while (!contents.empty()) {
        const std::size_t end = std::min(contents.find('\n'), contents.size());
        check.take_line(contents.substr(0, end));
        contents.remove_prefix(std::min(end + 1, contents.size()));
    }
    return check.finish();
}

} // namespace keystead::log_proof
