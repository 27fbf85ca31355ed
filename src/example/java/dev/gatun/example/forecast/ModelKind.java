package dev.gatun.example.forecast;

/// The networks that can read a window.
enum ModelKind {
    RNN,
    LSTM,
    GRU,
    TRANSFORMER
}
