package dev.gatun.nn;

import java.util.Iterator;
import java.util.List;

/** Modules in order, named {@code 0}, {@code 1}, …, for another module to run as it likes. Mirrors {@code torch.nn.ModuleList}. */
public final class ModuleList<M extends Module> extends Module implements Iterable<M> {
    private final List<M> modules;

    /** A list of modules. */
    public ModuleList(List<M> modules) {
        this.modules = List.copyOf(modules);
        for (int i = 0; i < this.modules.size(); i++) {
            register(Integer.toString(i), this.modules.get(i));
        }
    }

    /** The number of modules. */
    public int size() {
        return modules.size();
    }

    /** The module at a place, from 0 on. */
    public M get(int index) {
        return modules.get(index);
    }

    @Override
    public Iterator<M> iterator() {
        return modules.iterator();
    }
}
