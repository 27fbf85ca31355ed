#include "attention.hpp"

#include <algorithm>
#include <cmath>

namespace standin::dnn::graph {
namespace {

// One query: which heads of keys and values it looks at, and the factor of its scores.
struct Row {
    const Scaled &a;
    int64_t b, h, s;
    int64_t key_head = h / (a.q.size(1) / a.k.size(1));
    int64_t value_head = h / (a.q.size(1) / a.v.size(1));
    double scale = a.scale ? a.scale->at(0, 0, 0, 0) : 1;
    int64_t keys = a.key_lengths ? static_cast<int64_t>(a.key_lengths->at(b, 0, 0, 0)) : a.k.size(2);
    bool padding = a.query_lengths && s >= static_cast<int64_t>(a.query_lengths->at(b, 0, 0, 0));

    std::vector<Dual> scores() const {
        std::vector<Dual> all(padding ? 0 : static_cast<size_t>(std::min(keys, a.k.size(2))));
        for (size_t t = 0; t < all.size(); t++) {
            double sum = 0;
            for (int64_t e = 0; e < a.q.size(3); e++) {
                sum += a.q.at(b, h, s, e) * a.k.at(b, key_head, int64_t(t), e);
            }
            all[t] = a.scores.after(a.bound, scale * sum, b, h, s, int64_t(t));
        }
        return all;
    }
};

// Gradients of a tensor, summed in double before they are rounded.
struct Sum {
    const View &target;
    std::vector<double> values = std::vector<double>(size_t(target.size(0) * target.size(1) * target.size(2) * target.size(3)));

    double &at(int64_t b, int64_t h, int64_t s, int64_t e) {
        return values[size_t(((b * target.size(1) + h) * target.size(2) + s) * target.size(3) + e)];
    }

    void write() {
        for (size_t i = 0; i < values.size(); i++) {
            auto rest = static_cast<int64_t>(i), e = rest % target.size(3);
            rest /= target.size(3);
            auto s = rest % target.size(2);
            rest /= target.size(2);
            target.put(rest / target.size(1), rest % target.size(1), s, e, values[i]);
        }
    }
};

template <class F>
void each_row(const Scaled &attention, F use) {
    for (int64_t b = 0; b < attention.q.size(0); b++) {
        for (int64_t h = 0; h < attention.q.size(1); h++) {
            for (int64_t s = 0; s < attention.q.size(2); s++) {
                use(Row{attention, b, h, s});
            }
        }
    }
}

void attend(const Row &row) {
    auto scores = row.scores();
    double largest = -INFINITY, total = 0;
    for (Dual score : scores) {
        largest = std::max(largest, score.value);
    }
    std::vector<double> sums(static_cast<size_t>(row.a.v.size(3)));
    for (size_t t = 0; t < scores.size() && largest > -INFINITY; t++) {
        double weight = std::exp(scores[t].value - largest);
        total += weight;
        for (size_t e = 0; e < sums.size() && weight > 0; e++) {
            sums[e] += weight * row.a.v.at(row.b, row.value_head, int64_t(t), int64_t(e));
        }
    }
    for (size_t e = 0; e < sums.size(); e++) {
        row.a.o.put(row.b, row.h, row.s, int64_t(e), total > 0 ? sums[e] / total : 0);
    }
    if (row.a.stats) {
        row.a.stats->put(row.b, row.h, row.s, 0, row.padding ? NAN : largest + std::log(total));
    }
}

// dV += Pᵀ dO,  dS = P (dO · V - dO · O),  dQ += scale dS K,  dK += scale dSᵀ Q
void differentiate(const Row &row, const View &output, Sum &dq, Sum &dk, Sum &dv) {
    const Scaled &a = row.a;
    auto scores = row.scores();
    double mean = 0;
    for (int64_t e = 0; e < a.v.size(3) && !scores.empty(); e++) {
        mean += output.at(row.b, row.h, row.s, e) * a.o.at(row.b, row.h, row.s, e);
    }
    for (size_t i = 0; i < scores.size(); i++) {
        auto t = static_cast<int64_t>(i);
        if (scores[i].value == -INFINITY) {
            continue;
        }
        double weight = std::exp(scores[i].value - a.stats->at(row.b, row.h, row.s, 0)), dot = 0;
        for (int64_t e = 0; e < a.v.size(3); e++) {
            dot += output.at(row.b, row.h, row.s, e) * a.v.at(row.b, row.value_head, t, e);
            dv.at(row.b, row.value_head, t, e) += weight * output.at(row.b, row.h, row.s, e);
        }
        double dscore = weight * (dot - mean) * scores[i].slope * row.scale;
        for (int64_t e = 0; e < a.q.size(3); e++) {
            dq.at(row.b, row.h, row.s, e) += dscore * a.k.at(row.b, row.key_head, t, e);
            dk.at(row.b, row.key_head, t, e) += dscore * a.q.at(row.b, row.h, row.s, e);
        }
    }
}

}  // namespace

void attend(const Scaled &attention) {
    each_row(attention, [](const Row &row) { attend(row); });
}

void differentiate(const Scaled &attention, const View &output, const View &dq, const View &dk, const View &dv) {
    Sum queries{dq}, keys{dk}, values{dv};
    each_row(attention, [&](const Row &row) { differentiate(row, output, queries, keys, values); });
    queries.write();
    keys.write();
    values.write();
}

}  // namespace standin::dnn::graph
