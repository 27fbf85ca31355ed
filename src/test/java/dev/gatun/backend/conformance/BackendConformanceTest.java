package dev.gatun.backend.conformance;

import dev.gatun.backend.Backend;
import org.junit.jupiter.api.Nested;

/** What every backend must do, family by family. A backend joins with a subclass that names it. */
public abstract class BackendConformanceTest {
    /** The backend under test, the same at every call; nobody else uses it meanwhile. */
    protected abstract Backend backend();

    @Nested
    class Memory extends MemoryConformanceTest {
        @Override
        protected Backend backend() {
            return BackendConformanceTest.this.backend();
        }
    }

    @Nested
    class Elementwise extends ElementwiseConformanceTest {
        @Override
        protected Backend backend() {
            return BackendConformanceTest.this.backend();
        }
    }

    @Nested
    class Reduction extends ReductionConformanceTest {
        @Override
        protected Backend backend() {
            return BackendConformanceTest.this.backend();
        }
    }

    @Nested
    class Softmax extends SoftmaxConformanceTest {
        @Override
        protected Backend backend() {
            return BackendConformanceTest.this.backend();
        }
    }

    @Nested
    class Matrix extends MatrixConformanceTest {
        @Override
        protected Backend backend() {
            return BackendConformanceTest.this.backend();
        }
    }

    @Nested
    class Epilogue extends EpilogueConformanceTest {
        @Override
        protected Backend backend() {
            return BackendConformanceTest.this.backend();
        }
    }

    @Nested
    class Index extends IndexConformanceTest {
        @Override
        protected Backend backend() {
            return BackendConformanceTest.this.backend();
        }
    }

    @Nested
    class Normalization extends NormalizationConformanceTest {
        @Override
        protected Backend backend() {
            return BackendConformanceTest.this.backend();
        }
    }

    @Nested
    class Loss extends LossConformanceTest {
        @Override
        protected Backend backend() {
            return BackendConformanceTest.this.backend();
        }
    }

    @Nested
    class Random extends RandomConformanceTest {
        @Override
        protected Backend backend() {
            return BackendConformanceTest.this.backend();
        }
    }

    @Nested
    class Recurrent extends RecurrentConformanceTest {
        @Override
        protected Backend backend() {
            return BackendConformanceTest.this.backend();
        }
    }

    @Nested
    class RecurrentLayout extends RecurrentLayoutConformanceTest {
        @Override
        protected Backend backend() {
            return BackendConformanceTest.this.backend();
        }
    }

    @Nested
    class Attention extends AttentionConformanceTest {
        @Override
        protected Backend backend() {
            return BackendConformanceTest.this.backend();
        }
    }

    @Nested
    class Optimizer extends OptimizerConformanceTest {
        @Override
        protected Backend backend() {
            return BackendConformanceTest.this.backend();
        }
    }
}
