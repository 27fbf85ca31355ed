/// Examples: users of the library like any other, who see its exported packages only.
module dev.gatun.example {
    requires dev.gatun;
    requires info.picocli;
    requires java.desktop;
    requires me.tongfei.progressbar;
    requires org.apache.commons.csv;
    requires xchart;

    opens dev.gatun.example.forecast to
            info.picocli;
}
