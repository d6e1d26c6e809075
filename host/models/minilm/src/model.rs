use std::path::Path;
use std::sync::{Mutex, PoisonError};

use ort::session::Session;
use ort::session::builder::GraphOptimizationLevel;
use ort::value::Tensor;
use tokenizers::models::wordpiece::WordPiece;
use tokenizers::normalizers::bert::BertNormalizer;
use tokenizers::pre_tokenizers::bert::BertPreTokenizer;
use tokenizers::processors::bert::BertProcessing;
use tokenizers::{Tokenizer, TruncationParams};

pub const DIMENSION: usize = 384;
/// Word pieces that the model was trained to read; more are cut.
const PIECES_MAX: usize = 256;

pub struct Model {
    words: Tokenizer,
    /// One run at a time: a text takes milliseconds on one thread.
    network: Mutex<Session>,
}

fn with<E: std::fmt::Display>(what: &str) -> impl Fn(E) -> String {
    move |problem| format!("{what}: {problem}")
}

fn tokenizer(vocabulary: &Path) -> Result<Tokenizer, String> {
    let name = vocabulary.to_str().ok_or("the folder's name is no UTF-8")?;
    let pieces = WordPiece::from_file(name)
        .unk_token("[UNK]".to_string())
        .build()
        .map_err(with(name))?;
    let mut words = Tokenizer::new(pieces);
    let special = |token: &str| match words.token_to_id(token) {
        Some(id) => Ok((token.to_string(), id)),
        None => Err(format!("{name}: it has no {token}")),
    };
    let frame = BertProcessing::new(special("[SEP]")?, special("[CLS]")?);
    words
        .with_normalizer(Some(BertNormalizer::new(true, true, None, true)))
        .with_pre_tokenizer(Some(BertPreTokenizer))
        .with_post_processor(Some(frame));
    let cut = TruncationParams { max_length: PIECES_MAX, ..Default::default() };
    words.with_truncation(Some(cut)).map_err(with(name))?;
    Ok(words)
}

impl Model {
    /// `folder` holds libonnxruntime.so, model.onnx and vocab.txt.
    pub fn open(folder: &Path) -> Result<Self, String> {
        let runtime = folder.join("libonnxruntime.so");
        ort::init_from(&runtime).map_err(with("libonnxruntime.so"))?.with_telemetry(false).commit();
        let build = || -> ort::Result<Session> {
            Session::builder()?
                .with_optimization_level(GraphOptimizationLevel::Level3)?
                .with_intra_threads(1)?
                .with_inter_threads(1)?
                .commit_from_file(folder.join("model.onnx"))
        };
        let network = build().map_err(with("model.onnx"))?;
        Ok(Self { words: tokenizer(&folder.join("vocab.txt"))?, network: Mutex::new(network) })
    }

    /// The mean of the pieces' states, of length 1. A text at a time: a batch is padded to its
    /// longest text, which on one thread costs more than it saves.
    pub fn embed(&self, text: &str) -> Result<[f32; DIMENSION], String> {
        let encoded = self.words.encode(text, true).map_err(with("the text"))?;
        let wide = |from: &[u32]| from.iter().map(|&n| i64::from(n)).collect::<Vec<_>>();
        let pieces = encoded.get_ids().len();
        let tensor = |from: &[u32]| Tensor::from_array(([1, pieces], wide(from)));
        let run = || -> ort::Result<[f32; DIMENSION]> {
            let mut network = self.network.lock().unwrap_or_else(PoisonError::into_inner);
            let answer = network.run(ort::inputs! {
                "input_ids" => tensor(encoded.get_ids())?,
                "attention_mask" => tensor(encoded.get_attention_mask())?,
                "token_type_ids" => tensor(encoded.get_type_ids())?,
            })?;
            let (_, states) = answer["last_hidden_state"].try_extract_tensor::<f32>()?;
            let mut sum = [0f32; DIMENSION];
            for state in states.chunks_exact(DIMENSION) {
                sum.iter_mut().zip(state).for_each(|(to, from)| *to += from);
            }
            Ok(sum)
        };
        let mut vector = run().map_err(with("the network"))?;
        let length = vector.iter().map(|v| v * v).sum::<f32>().sqrt();
        if !(length.is_finite() && length > 0.0) {
            return Err("the network gave no vector".to_string());
        }
        vector.iter_mut().for_each(|v| *v /= length);
        Ok(vector)
    }
}
