// What lengths, layouts, directions, types, dropout and absent states do to whole sequences.
#include "recurrent.hpp"

#include <cmath>

namespace {

using test::Part;
using test::Recurrent;
using test::Settings;

// Runs a layer of both directions on one sequence of a batch in which every sequence has its own length, and alone.
CASE(a_sequence_does_not_depend_on_the_others_nor_on_its_padding) {
    for (auto layout : {CUDNN_RNN_DATA_LAYOUT_SEQ_MAJOR_UNPACKED, CUDNN_RNN_DATA_LAYOUT_BATCH_MAJOR_UNPACKED}) {
        Settings settings;
        settings.layout = layout;
        settings.direction = CUDNN_BIDIRECTIONAL;
        settings.steps = 4;
        settings.lengths = {2, 4, 3};
        settings.fill = -5;
        Recurrent all(settings);
        all.randomise(11);
        OK(all.forward());
        auto index = [&](int step, int n) {
            return size_t(layout == CUDNN_RNN_DATA_LAYOUT_BATCH_MAJOR_UNPACKED ? n * 4 + step : step * 3 + n);
        };
        for (int n = 0; n < 3; n++) {
            settings.steps = settings.lengths[0] = all.settings.lengths[size_t(n)];
            settings.lengths.resize(1);
            Recurrent alone(settings);
            alone.weights->put(all.weights->get());
            for (int step = 0; step < settings.steps; step++) {
                alone.x->put(all.x->get(index(step, n) * 2, 2), size_t(step) * 2);
            }
            for (size_t pseudo = 0; pseudo < 2; pseudo++) {
                alone.hx->put(all.hx->get((pseudo * 3 + size_t(n)) * 3, 3), pseudo * 3);
                alone.cx->put(all.cx->get((pseudo * 3 + size_t(n)) * 3, 3), pseudo * 3);
            }
            OK(alone.forward());
            for (int step = 0; step < 4; step++) {
                auto expected = step < settings.steps ? alone.y->get(size_t(step) * 6, 6) : std::vector<double>(6, -5.0);
                EXPECT_TRUE(all.y->get(index(step, n) * 6, 6) == expected);
            }
            for (size_t pseudo = 0; pseudo < 2; pseudo++) {
                EXPECT_TRUE(all.hy->get((pseudo * 3 + size_t(n)) * 3, 3) == alone.hy->get(pseudo * 3, 3));
                EXPECT_TRUE(all.cy->get((pseudo * 3 + size_t(n)) * 3, 3) == alone.cy->get(pseudo * 3, 3));
            }
        }
    }
}

// The backward direction is a forward network that reads from the end.
CASE(the_second_direction_reads_backwards) {
    Settings both;
    both.direction = CUDNN_BIDIRECTIONAL;
    both.lengths = {3};
    Settings one = both;
    one.direction = CUDNN_UNIDIRECTIONAL;
    Recurrent net(both), reversed(one);
    net.randomise(2);
    for (int linear = 0; linear < 8; linear++) {
        for (bool of_bias : {false, true}) {
            Part from = net.part(1, linear, of_bias), to = reversed.part(0, linear, of_bias);
            reversed.weights->put(net.weights->get(from.offset, from.count()), to.offset);
        }
    }
    for (size_t step = 0; step < 3; step++) {
        reversed.x->put(net.x->get(step * 2, 2), (2 - step) * 2);
    }
    reversed.hx->put(net.hx->get(3, 3));
    reversed.cx->put(net.cx->get(3, 3));
    OK(net.forward());
    OK(reversed.forward());
    for (size_t step = 0; step < 3; step++) {
        EXPECT_TRUE(net.y->get(step * 6 + 3, 3) == reversed.y->get((2 - step) * 3, 3));
    }
    EXPECT_TRUE(net.hy->get(3, 3) == reversed.hy->get());
}

CASE(packed_sequences_are_the_unpacked_ones_without_padding) {
    Settings settings;
    settings.lengths = {3, 2, 1};
    settings.fill = 0;
    Settings without = settings;
    without.layout = CUDNN_RNN_DATA_LAYOUT_SEQ_MAJOR_PACKED;
    without.fill = std::nullopt;
    Recurrent padded(settings), packed(without);
    padded.randomise(4);
    packed.weights->put(padded.weights->get());
    packed.hx->put(padded.hx->get());
    packed.cx->put(padded.cx->get());
    const size_t places[] = {0, 1, 2, 3, 4, 6};  // step * 3 + sequence
    for (size_t i = 0; i < 6; i++) {
        packed.x->put(padded.x->get(places[i] * 2, 2), i * 2);
    }
    OK(padded.forward());
    OK(packed.forward());
    for (size_t i = 0; i < 6; i++) {
        EXPECT_TRUE(packed.y->get(i * 3, 3) == padded.y->get(places[i] * 3, 3));
    }
    EXPECT_TRUE(packed.hy->get() == padded.hy->get());
}

CASE(padding_without_a_fill_and_that_of_dx_is_poison) {
    Settings settings;
    settings.lengths = {1, 3};
    Recurrent net(settings);
    net.randomise(4);
    OK(net.forward());
    OK(net.backward_data());
    auto y = net.y->get();
    auto dx = net.dx->get();
    EXPECT_TRUE(std::isnan(y[6]) && std::isnan(y[8]) && !std::isnan(y[9]) && !std::isnan(y[0]));
    EXPECT_TRUE(std::isnan(dx[4]) && std::isnan(dx[5]) && !std::isnan(dx[6]) && !std::isnan(dx[0]));
}

CASE(a_sequence_without_steps_ends_as_it_begins) {
    Settings settings;
    settings.lengths = {0, 2};
    Recurrent net(settings);
    net.randomise(4);
    OK(net.forward());
    OK(net.backward_data());
    EXPECT_TRUE(net.hy->get(0, 3) == net.hx->get(0, 3));
    EXPECT_TRUE(net.cy->get(0, 3) == net.cx->get(0, 3));
    EXPECT_TRUE(net.dhx->get(0, 3) == net.dhy->get(0, 3));
}

CASE(every_type_comes_near_double) {
    Settings settings;
    settings.layers = 2;
    settings.lengths = {3, 2};
    settings.fill = 0;
    Recurrent exact(settings);
    exact.randomise(9);
    OK(exact.forward());
    OK(exact.backward_data());
    OK(exact.backward_weights());
    struct {
        cudnnDataType_t type;
        double tolerance;
    } types[] = {{CUDNN_DATA_FLOAT, 1e-6}, {CUDNN_DATA_HALF, 5e-3}, {CUDNN_DATA_BFLOAT16, 4e-2}};
    for (auto [type, tolerance] : types) {
        settings.type = type;
        Recurrent net(settings);
        net.randomise(9);
        OK(net.forward());
        OK(net.backward_data());
        OK(net.backward_weights());
        auto y = net.y->get(), expected = exact.y->get();
        for (size_t i = 0; i < y.size(); i++) {
            EXPECT_NEAR(y[i], expected[i], tolerance);
        }
        auto from = exact.parts(), to = net.parts();
        for (size_t k = 0; k < to.size(); k++) {
            auto gradient = net.gradients->get(to[k].offset, to[k].count());
            auto wanted = exact.gradients->get(from[k].offset, from[k].count());
            for (size_t i = 0; i < gradient.size(); i++) {
                EXPECT_NEAR(gradient[i], wanted[i], 8 * tolerance);
            }
        }
    }
}

CASE(dropout_drops_between_layers_in_training_alone) {
    Settings settings;
    settings.layers = 2;
    settings.dropout = 0.5f;
    Recurrent net(settings);
    net.randomise(1);
    OK(net.forward());
    auto first = net.y->get();
    OK(net.forward());
    EXPECT_TRUE(net.y->get() != first);
    net.seed_dropout(1);
    OK(net.forward());
    EXPECT_TRUE(net.y->get() == first);
    OK(net.forward(CUDNN_FWD_MODE_INFERENCE));
    auto plain = net.y->get();
    settings.dropout = 0;
    Recurrent without(settings);
    without.randomise(1);
    OK(without.forward());
    EXPECT_TRUE(without.y->get() == plain);
    EXPECT_TRUE(plain != first);
}

CASE(gradients_are_added_and_gaps_left_alone) {
    Recurrent net(Settings{});
    net.randomise(6);
    OK(net.forward());
    OK(net.backward_data());
    OK(net.backward_weights());
    auto once = net.gradients->get();
    OK(net.backward_weights());
    auto twice = net.gradients->get();
    size_t gaps = 0;
    for (size_t i = 0; i < once.size(); i++) {
        EXPECT_EQUAL(std::isnan(once[i]), std::isnan(twice[i]));
        gaps += std::isnan(once[i]);
        if (!std::isnan(once[i])) {
            EXPECT_NEAR(twice[i], 2 * once[i], 1e-15);
        }
    }
    size_t weights = 0;
    for (const Part &part : net.parts()) {
        weights += part.count();
    }
    EXPECT_EQUAL(gaps, once.size() - weights);
}

CASE(absent_states_are_zeros_and_absent_results_not_computed) {
    Recurrent net(Settings{});
    net.randomise(8);
    net.hx->put(std::vector<double>(net.hx->count()));
    net.cx->put(std::vector<double>(net.cx->count()));
    net.dhy->put(std::vector<double>(net.hx->count()));
    net.dcy->put(std::vector<double>(net.cx->count()));
    OK(net.forward());
    OK(net.backward_data());
    auto y = net.y->get(), dx = net.dx->get();
    OK(cudnnRNNForward(net.handle, net.rnn, CUDNN_FWD_MODE_TRAINING, nullptr, net.x_shape, net.x->pointer(), net.y_shape,
        net.y->pointer(), net.h_shape, nullptr, nullptr, net.c_shape, nullptr, nullptr, net.weight_bytes,
        net.weights->pointer(), net.work_bytes, net.work->pointer(), net.reserve_bytes, net.reserve->pointer()));
    OK(cudnnRNNBackwardData_v8(net.handle, net.rnn, nullptr, net.y_shape, net.y->pointer(), net.dy->pointer(), net.x_shape,
        net.dx->pointer(), net.h_shape, nullptr, nullptr, nullptr, net.c_shape, nullptr, nullptr, nullptr, net.weight_bytes,
        net.weights->pointer(), net.work_bytes, net.work->pointer(), net.reserve_bytes, net.reserve->pointer()));
    EXPECT_TRUE(net.y->get() == y);
    EXPECT_TRUE(net.dx->get() == dx);
}

}  // namespace
