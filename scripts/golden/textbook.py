"""The GRU as Cho et al. 2014 wrote it, which PyTorch does not have: the reset gate acts before the product."""

import torch
from torch import Tensor, nn


class TextbookGRU(nn.GRU):
    """PyTorch's parameters, with n = tanh(W_in x + b_in + W_hn (r * h) + b_hn) and h' = (1 - z) * n + z * h.

    `reset_before=False` gives PyTorch's own GRU by the same loop, which is how the loop itself is checked.
    """

    reset_before = True

    def forward(self, x: Tensor, h0: Tensor | None = None, lengths: Tensor | None = None) -> tuple[Tensor, Tensor]:
        directions = 2 if self.bidirectional else 1
        if lengths is None:
            lengths = torch.full((x.shape[0],), x.shape[1])
        if h0 is None:
            h0 = x.new_zeros(self.num_layers * directions, x.shape[0], self.hidden_size)
        finals = []
        for layer in range(self.num_layers):
            outputs = []
            for direction in range(directions):
                h = h0[layer * directions + direction]
                y, h = self._run(x, h, lengths, f"l{layer}" + ("_reverse" if direction else ""))
                outputs.append(y)
                finals.append(h)
            x = torch.cat(outputs, dim=2)
        return x, torch.stack(finals)

    def _run(self, x: Tensor, h: Tensor, lengths: Tensor, suffix: str) -> tuple[Tensor, Tensor]:
        steps = range(x.shape[1])
        outputs = [None] * x.shape[1]
        for t in reversed(steps) if suffix.endswith("reverse") else steps:
            valid = (t < lengths)[:, None]
            h = torch.where(valid, self._step(x[:, t], h, suffix), h)
            outputs[t] = torch.where(valid, h, torch.zeros_like(h))
        return torch.stack(outputs, dim=1), h

    def _step(self, x: Tensor, h: Tensor, suffix: str) -> Tensor:
        w_r, w_z, w_n = getattr(self, f"weight_ih_{suffix}").chunk(3)
        u_r, u_z, u_n = getattr(self, f"weight_hh_{suffix}").chunk(3)
        none = (0.0, 0.0, 0.0)
        b_r, b_z, b_n = getattr(self, f"bias_ih_{suffix}").chunk(3) if self.bias else none
        c_r, c_z, c_n = getattr(self, f"bias_hh_{suffix}").chunk(3) if self.bias else none
        r = torch.sigmoid(x @ w_r.T + b_r + h @ u_r.T + c_r)
        z = torch.sigmoid(x @ w_z.T + b_z + h @ u_z.T + c_z)
        inner = (r * h) @ u_n.T + c_n if self.reset_before else r * (h @ u_n.T + c_n)
        return (1 - z) * torch.tanh(x @ w_n.T + b_n + inner) + z * h


def check() -> None:
    """Fails unless the loop with the reset after the product is PyTorch's GRU, lengths and both directions included."""
    torch.manual_seed(1)
    options = dict(input_size=3, hidden_size=5, num_layers=2, bidirectional=True, batch_first=True)
    ours, theirs = TextbookGRU(**options).double(), nn.GRU(**options).double()
    theirs.load_state_dict(ours.state_dict())
    ours.reset_before = False
    x, h0 = torch.randn(3, 7, 3).double(), torch.randn(4, 3, 5).double()
    lengths = torch.tensor([4, 7, 1])
    packed = nn.utils.rnn.pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
    expected, final = theirs(packed, h0)
    expected, _ = nn.utils.rnn.pad_packed_sequence(expected, batch_first=True)
    y, hn = ours(x, h0, lengths)
    torch.testing.assert_close(y, expected)
    torch.testing.assert_close(hn, final)
