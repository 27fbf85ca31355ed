package dev.gatun.cpu.recurrent;

/** The way through the steps, the same for all cells. Ranges of sequences are independent: each can be walked by a thread of its own. */
public final class Walk {
    private Walk() {}

    /**
     * Takes the sequences {@code from} to {@code to} from their first step to their last, or, in the reverse direction, the other
     * way round. A state waits in its row until its sequence runs, and stays there when it ends.
     */
    public static void forward(Cell cell, Timeline timeline, boolean reverse, ForwardPass pass, int from, int to) {
        int steps = from < to ? timeline.length(from) : 0;
        for (int i = 0; i < steps; i++) {
            int step = reverse ? steps - 1 - i : i;
            int rows = Math.min(timeline.active(step), to) - from;
            JointRows joint = pass.joint();
            if (joint != null) {
                joint.load(step, from, rows, cell.state());
            }
            StepRows kept = joint == null ? pass.hidden() : joint.features();
            int columns = joint == null ? cell.state() : joint.columns();
            for (int sequence = from; pass.keeps() && sequence < from + rows; sequence++) {
                kept.copyTo(pass.previous(), step, sequence, columns);
            }
            cell.forward(pass, step, from, rows);
        }
    }

    /** The same way back. */
    public static void backward(Cell cell, Timeline timeline, boolean reverse, BackwardPass pass, int from, int to) {
        int steps = from < to ? timeline.length(from) : 0;
        for (int i = 0; i < steps; i++) {
            int step = reverse ? i : steps - 1 - i;
            cell.backward(pass, step, from, Math.min(timeline.active(step), to) - from);
        }
    }
}
