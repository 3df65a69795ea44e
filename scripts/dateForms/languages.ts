/** The interface languages of YouTube, and regions of them that write dates in another way. */
export const LANGUAGES = [
  ...["en-US", "en-GB", "en-IN", "en-AU", "en-CA", "en-NZ", "en-ZA", "en-IE", "af", "am", "ar"],
  ...["ar-EG", "as", "az", "be", "bg", "bn", "bs", "ca", "cs", "da", "de", "de-AT", "de-CH", "el"],
  ...["es", "es-419", "es-MX", "es-US", "et", "eu", "fa", "fi", "fil", "fr", "fr-CA", "fr-CH"],
  ...["gl", "gu", "he", "hi", "hr", "hu", "hy", "id", "is", "it", "it-CH", "ja", "ka", "kk", "km"],
  ...["kn", "ko", "ky", "lo", "lt", "lv", "mk", "ml", "mn", "mr", "ms", "my", "nb", "ne", "nl"],
  ...["nl-BE", "or", "pa", "pl", "pt-BR", "pt-PT", "ro", "ru", "si", "sk", "sl", "sq", "sr"],
  ...["sr-Latn", "sv", "sw", "ta", "te", "th", "tr", "uk", "ur", "uz", "vi", "zh-CN", "zh-HK"],
  ...["zh-TW", "zu"],
];
