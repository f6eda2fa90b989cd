//! What decoders are good for, and that they leave nothing behind.

use bytes::Bytes;
use cutline_engine::crop::CropError;
use cutline_engine::cutting::{Cutter, CuttingError};
use cutline_engine::limits::CropLimits;
use image::ImageFormat;

use crate::pictures::{encoded, noise, photo};
use crate::processes::{children, open_files, signal, the_child, until};
use crate::{alone, cut, cutter, permits, settings, works};

#[test]
fn a_decoder_can_do_nothing_but_compute() {
    alone(async {
        let cutter = cutter(1, settings()).await;
        assert_eq!(cutter.gaps(), [""; 0], "on kernels with seccomp and landlock, all is refused");
        cutter.stop().await;
    });
}

#[test]
fn a_decoder_has_no_rights_of_roots() {
    alone(async {
        let cutter = cutter(1, settings()).await;
        works(&cutter).await;
        let status = std::fs::read_to_string(format!("/proc/{}/status", the_child())).expect("a process");
        for set in ["CapInh", "CapPrm", "CapEff"] {
            assert!(status.contains(&format!("{set}:\t0000000000000000\n")), "{set}: {status}");
        }
        cutter.stop().await;
    });
}

#[test]
fn every_job_gives_what_it_gives_in_this_process() {
    alone(async {
        let apart = cutter(2, settings()).await;
        let here = Cutter::in_process(permits(2), CropLimits::default());
        let picture = noise(301, 203);
        for bytes in [
            photo(301, 203),
            encoded(&picture, ImageFormat::Png),
            encoded(&picture, ImageFormat::WebP),
            encoded(&picture, ImageFormat::Gif),
            include_bytes!("../../engine/crop/tests/samples/avif/alpha.avif").to_vec(),
            include_bytes!("../../engine/crop/tests/samples/jxl/alpha-lossy.jxl").to_vec(),
            include_bytes!("../../engine/crop/tests/samples/tif/planes-tiles.tif").to_vec(),
            b"%PDF-1.7".to_vec(),
            photo(301, 203)[..9000].to_vec(),
        ] {
            let bytes = Bytes::from(bytes);
            for part in ["pct:10,20,30,40", "pct:33.333,0.1,12.34567,99", "pct:0,0,100,100"] {
                let (mut theirs, mut ours) =
                    (cut(&apart, bytes.clone(), part).await, cut(&here, bytes.clone(), part).await);
                for cut in [&mut theirs, &mut ours].into_iter().flatten() {
                    // Times differ, and how far it looked ahead: bytes that arrive are read in pieces.
                    cut.stats.steps.clear();
                    cut.stats.bytes_read = 0;
                }
                assert_eq!(theirs, ours, "{part}");
            }
            assert_eq!(apart.measure(bytes.clone()).await, here.measure(bytes.clone()).await);
            assert_eq!(apart.thumbnail(bytes.clone(), 100).await, here.thumbnail(bytes, 100).await);
        }
        apart.stop().await;
    });
}

#[test]
fn a_thousand_jobs_leave_no_file_open_and_no_process_behind() {
    alone(async {
        let cutter = cutter(2, settings()).await;
        works(&cutter).await;
        let before = open_files();
        let picture = Bytes::from(photo(40, 30));
        for number in 0..1_100 {
            let bytes = picture.slice(..if number % 10 == 0 { 500 } else { picture.len() });
            let result = cut(&cutter, bytes, "pct:0,0,50,50").await;
            assert_eq!(result.is_err(), number % 10 == 0, "{number}: {result:?}");
        }
        assert_eq!(open_files(), before);
        assert!(
            children().iter().all(|(_, state)| *state != 'Z') && children().len() <= 2,
            "{:?}",
            children()
        );
        cutter.stop().await;
        assert_eq!(children(), []);
    });
}

#[test]
fn a_request_to_end_is_for_the_server_to_heed() {
    alone(async {
        let cutter = cutter(1, settings()).await;
        let pid = the_child();
        for name in ["TERM", "INT", "HUP"] {
            signal(name, pid);
            works(&cutter).await;
        }
        assert_eq!(the_child(), pid);
        cutter.stop().await;
    });
}

#[test]
fn a_program_that_is_no_decoder_is_told_at_the_start() {
    alone(async {
        for program in ["/bin/true", "/nonexistent"] {
            let settings = cutline_engine::cutting::ProcessSettings { program: program.into(), ..settings() };
            let error = Cutter::in_processes(permits(2), CropLimits::default(), settings).await;
            let error = error.expect_err("no decoder").to_string();
            assert!(error.contains("--in-process"), "{error}");
        }
        until("none of them is left", || children().is_empty()).await;
    });
}

#[test]
fn after_the_end_there_is_a_clear_answer() {
    alone(async {
        let cutter = cutter(1, settings()).await;
        cutter.stop().await;
        assert_eq!(children(), []);
        let error =
            cut(&cutter, Bytes::from(photo(40, 30)), "pct:0,0,50,50").await.expect_err("it has ended");
        assert!(
            matches!(error, CuttingError::Busy(_) | CuttingError::Crop(CropError::DecoderFailed)),
            "{error}"
        );
    });
}
